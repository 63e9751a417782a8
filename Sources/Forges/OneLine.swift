import Basics

/// What a forge or its program says, in one line of a message.
package func oneLine(_ text: String) -> String { plainText(text, limit: 500) }
