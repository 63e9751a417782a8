import CCurl
import HTTP
import Platform

/// libcurl, loaded when the first request is sent: that takes 2 ms, which commands without requests must not pay for.
///
/// Unchecked: the functions are found before anybody has this value, and stay as they are until the process ends.
struct CurlLibrary: @unchecked Sendable {
  let functions: UnsafePointer<git_orch_curl>

  #if canImport(Darwin)
    static let names = ["libcurl.4.dylib", "/usr/lib/libcurl.4.dylib"]
  #else
    /// The second is the one that Debian's git brings along; both have the same functions.
    static let names = ["libcurl.so.4", "libcurl-gnutls.so.4"]
  #endif

  /// Whatever TLS library it has, it finds that one's functions: not those by which libgit2 is kept from certificates.
  private static let mode = RTLD_NOW | RTLD_LOCAL | platform_deep_binding()

  /// The library, or why it cannot be used; loaded once for the whole process.
  static let shared = Result { () throws(HTTPFailure) in try load(names) }

  static func load(_ names: [String]) throws(HTTPFailure) -> CurlLibrary {
    guard let library = names.lazy.compactMap({ dlopen($0, mode) }).first else {
      throw .libraryMissing("libcurl is missing: install 'libcurl4' (Debian, Ubuntu) or 'libcurl' (elsewhere)")
    }
    let functions = UnsafeMutablePointer<git_orch_curl>.allocate(capacity: 1)
    functions.initialize(to: git_orch_curl())
    if let name = git_orch_curl_find(library, functions) {
      throw .libraryMissing("libcurl is too old: it has no \(String(cString: name)); 7.68 or later is needed")
    }
    let curl = CurlLibrary(functions: functions)
    let code = functions.pointee.global_init(Int(CURL_GLOBAL_DEFAULT))
    guard code == CURLE_OK else { throw .libraryMissing("libcurl cannot be started: \(curl.words(for: code))") }
    return curl
  }

  func words(for code: CURLcode) -> String { Self.text(functions.pointee.easy_strerror(code)) }

  func words(for code: CURLMcode) -> String { Self.text(functions.pointee.multi_strerror(code)) }

  private static func text(_ pointer: UnsafePointer<CChar>?) -> String {
    pointer.map { String(cString: $0) } ?? "an unknown error"
  }
}
