import CCurl
import HTTP

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// libcurl's handles for one exchange, and what has come of the answer. Belongs to one thread.
final class CurlHandle {
  /// Wakes a wait; may be called by any thread until the handle is closed.
  ///
  /// Unchecked: `curl_multi_wakeup` is the one function that libcurl allows to other threads.
  struct Waker: @unchecked Sendable {
    fileprivate let functions: UnsafePointer<git_orch_curl>
    fileprivate let multi: UnsafeMutableRawPointer

    func wake() { _ = functions.pointee.multi_wakeup(multi) }
  }

  private let library: CurlLibrary
  private let easy: UnsafeMutableRawPointer
  /// For its one easy handle: only with it can a wait be woken.
  private let multi: UnsafeMutableRawPointer
  private let errorText: UnsafeMutablePointer<CChar>
  private var headers: UnsafeMutablePointer<curl_slist>?
  private var answer: Answer

  /// - Throws: `HTTPFailure` when there is no memory or no file descriptor left.
  init(_ library: CurlLibrary, bodyLimit: Int) throws(HTTPFailure) {
    self.library = library
    let functions = library.functions
    guard let multi = functions.pointee.multi_init() else { throw .connection("libcurl cannot be started") }
    guard let easy = functions.pointee.easy_init() else {
      _ = functions.pointee.multi_cleanup(multi)
      throw .connection("libcurl cannot be started")
    }
    self.multi = multi
    self.easy = easy
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    answer = Answer(bodyLimit: bodyLimit)
  }

  /// To be called once, at the end.
  func close() {
    _ = functions.pointee.multi_remove_handle(multi, easy)
    functions.pointee.easy_cleanup(easy)
    _ = functions.pointee.multi_cleanup(multi)
    functions.pointee.slist_free_all(headers)
    errorText.deallocate()
  }

  private var functions: UnsafePointer<git_orch_curl> { library.functions }

  var waker: Waker { Waker(functions: functions, multi: multi) }

  // MARK: Asking

  /// Takes the request and begins with it. What is not said here is libcurl's default: no redirects, no cookies, no
  /// netrc, certificates and names are verified, and proxies are those of the environment.
  func prepare(_ request: HTTPRequest, _ authorities: CertificateAuthorities) throws(HTTPFailure) {
    let scheme = request.url.scheme?.lowercased() ?? ""
    guard ["http", "https"].contains(scheme) else {
      throw .badRequest("its address begins with neither 'https' nor 'http'")
    }
    try set(CURLOPT_ERRORBUFFER, UnsafeRawPointer(errorText))
    // libcurl's own timeouts would use signals, which are for the whole process.
    try set(CURLOPT_NOSIGNAL, 1)
    try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    // An answer may take minutes, longer than some routers remember a silent connection.
    try set(CURLOPT_TCP_KEEPALIVE, 1)
    // Every encoding that libcurl can undo.
    try set(CURLOPT_ACCEPT_ENCODING, "")
    // A proxy's answer to CONNECT is not the server's.
    try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    if let file = authorities.file { try set(CURLOPT_CAINFO, file) }
    if let folder = authorities.folder { try set(CURLOPT_CAPATH, folder) }

    try set(CURLOPT_URL, request.url.absoluteString)
    try setBody(request)
    // After the body, which makes it POST.
    try set(CURLOPT_CUSTOMREQUEST, request.method)
    try setHeaders(request)
    try receiveAnswer()
    try check(functions.pointee.multi_add_handle(multi, easy))
  }

  private func setBody(_ request: HTTPRequest) throws(HTTPFailure) {
    if request.method == "HEAD" { try set(CURLOPT_NOBODY, 1) }
    // Servers want to hear of these that their body is empty.
    guard request.body != nil || ["POST", "PUT", "PATCH"].contains(request.method) else { return }
    let body = [UInt8](request.body ?? Data())
    try check(git_orch_curl_set_size(functions, easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
    // libcurl copies it. Without a pointer it would read from stdin instead.
    try check(
      body.isEmpty
        ? git_orch_curl_set_pointer(functions, easy, CURLOPT_COPYPOSTFIELDS, "")
        : git_orch_curl_set_pointer(functions, easy, CURLOPT_COPYPOSTFIELDS, body))
  }

  private func setHeaders(_ request: HTTPRequest) throws(HTTPFailure) {
    let names = Set(request.headers.keys.map { $0.lowercased() })
    // Headers without a value take away libcurl's own: the wait for a word before a large body, and the type of a form.
    var lines = ["Expect:"]
    if !names.contains("content-type") { lines.append("Content-Type:") }
    if !names.contains("user-agent") { lines.append("User-Agent: git-orch") }
    for (name, value) in request.headers {
      guard !name.isEmpty, name.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ":") }) else {
        throw .badRequest("the name of a header is none")
      }
      // Whoever could put a line break in would write headers of their own.
      guard !value.utf8.contains(where: { $0 == 0 || $0 == 0x0A || $0 == 0x0D }) else {
        throw .badRequest("the value of its header '\(name)' holds a line break or NUL")
      }
      lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
    }
    for line in lines { headers = functions.pointee.slist_append(headers, line) ?? headers }
    try set(CURLOPT_HTTPHEADER, UnsafeRawPointer(headers))
  }

  private func set(_ option: CURLoption, _ value: Int) throws(HTTPFailure) {
    try check(git_orch_curl_set_long(functions, easy, option, value))
  }

  /// A text, which libcurl copies.
  private func set(_ option: CURLoption, _ value: String) throws(HTTPFailure) {
    guard !value.utf8.contains(0) else { throw .badRequest("it holds a NUL character") }
    try check(git_orch_curl_set_pointer(functions, easy, option, value))
  }

  /// Something that stays until the handle is closed.
  private func set(_ option: CURLoption, _ value: UnsafeRawPointer?) throws(HTTPFailure) {
    try check(git_orch_curl_set_pointer(functions, easy, option, value))
  }

  private func check(_ code: CURLcode) throws(HTTPFailure) {
    guard code != CURLE_OK else { return }
    throw .connection(library.words(for: code))
  }

  private func check(_ code: CURLMcode) throws(HTTPFailure) {
    guard code != CURLM_OK else { return }
    throw .connection(library.words(for: code))
  }

  // MARK: Waiting

  /// Does what can be done without waiting; false when the exchange has ended.
  func perform() throws(HTTPFailure) -> Bool {
    var running: Int32 = 0
    try check(functions.pointee.multi_perform(multi, &running))
    return running > 0
  }

  /// Until there is something to do, `waker` is used or the time is over, whichever comes first; a minute at most.
  func wait(_ limit: Duration) throws(HTTPFailure) {
    let milliseconds = min((limit / .milliseconds(1)).rounded(.up), 60_000)
    try check(functions.pointee.multi_poll(multi, nil, 0, Int32(milliseconds), nil))
  }

  // MARK: The answer

  private func receiveAnswer() throws(HTTPFailure) {
    // Not retained: both are gone before this object is.
    let this = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
    try set(CURLOPT_HEADERDATA, this)
    try check(
      git_orch_curl_set_writer(functions, easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
        CurlHandle.take(bytes, size * count, context) { $0.addHeader($1) }
      })
    try set(CURLOPT_WRITEDATA, this)
    try check(
      git_orch_curl_set_writer(functions, easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
        CurlHandle.take(bytes, size * count, context) { $0.addBody($1) }
      })
  }

  /// - Returns: How many bytes were taken: any other number than `count` ends the exchange.
  private static func take(
    _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?,
    _ add: (inout Answer, UnsafeRawBufferPointer) -> Bool
  ) -> Int {
    guard let bytes, let context else { return 0 }
    let handle = Unmanaged<CurlHandle>.fromOpaque(context).takeUnretainedValue()
    return add(&handle.answer, UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
  }

  /// The answer, once ``perform()`` has said that it is there.
  func response() throws(HTTPFailure) -> HTTPResponse {
    if let failure = answer.failure { throw failure }
    var left: Int32 = 0
    guard let message = functions.pointee.multi_info_read(multi, &left) else {
      throw .connection("libcurl does not say how it ended")
    }
    let code = message.pointee.data.result
    guard code == CURLE_OK else {
      let details = String(cString: errorText)
      throw .connection(details.isEmpty ? library.words(for: code) : details)
    }
    var status = 0
    try check(git_orch_curl_get_status(functions, easy, &status))
    guard status > 0 else { throw .connection("the answer is not HTTP") }
    return HTTPResponse(status: status, headers: answer.headers, body: answer.body)
  }
}
