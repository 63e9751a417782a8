package import ArgumentParser

/// A flag that is one of several, each a word of the command line.
///
/// The parser asks for the text of each, at every start: of a value that does not say how it is written, the runtime
/// searches all that the program has for four ways to find out.
package protocol FlagChoice: EnumerableFlag, RawRepresentable<String>, TextOutputStreamable {}

extension FlagChoice {
  package func write(to target: inout some TextOutputStream) { target.write(rawValue) }
}
