/// The system's C library under one name, whatever it is called where the program is built, and the calls of it that
/// Swift cannot make by itself.
@_exported public import CPlatform

#if canImport(Glibc)
  @_exported public import Glibc
#elseif canImport(Musl)
  @_exported public import Musl
#else
  @_exported public import Darwin
#endif
