/// Alphabets whose letters have Latin ones for them: what an id is made of where a title is Greek, Russian, Ukrainian,
/// Bulgarian or Serbian.
///
/// A table, since Swift's standard library has no transliteration, and ICU would be 30 MB of the program.
enum OtherAlphabets {
  static let letters: [Unicode.Scalar: String] = cyrillic.merging(greek) { first, _ in first }

  private static let cyrillic: [Unicode.Scalar: String] = [
    "а": "a", "А": "a", "б": "b", "Б": "b", "в": "v", "В": "v", "г": "g", "Г": "g", "д": "d", "Д": "d", "е": "e",
    "Е": "e", "ё": "e", "Ё": "e", "ж": "zh", "Ж": "zh", "з": "z", "З": "z", "и": "i", "И": "i", "й": "y", "Й": "y",
    "к": "k", "К": "k", "л": "l", "Л": "l", "м": "m", "М": "m", "н": "n", "Н": "n", "о": "o", "О": "o", "п": "p",
    "П": "p", "р": "r", "Р": "r", "с": "s", "С": "s", "т": "t", "Т": "t", "у": "u", "У": "u", "ф": "f", "Ф": "f",
    "х": "kh", "Х": "kh", "ц": "ts", "Ц": "ts", "ч": "ch", "Ч": "ch", "ш": "sh", "Ш": "sh", "щ": "shch", "Щ": "shch",
    "ъ": "", "Ъ": "", "ы": "y", "Ы": "y", "ь": "", "Ь": "", "э": "e", "Э": "e", "ю": "yu", "Ю": "yu", "я": "ya",
    "Я": "ya", "є": "ye", "Є": "ye", "і": "i", "І": "i", "ї": "yi", "Ї": "yi", "ґ": "g", "Ґ": "g", "ў": "u", "Ў": "u",
    "ђ": "dj", "Ђ": "dj", "ј": "j", "Ј": "j", "љ": "lj", "Љ": "lj", "њ": "nj", "Њ": "nj", "ћ": "c", "Ћ": "c",
    "џ": "dz", "Џ": "dz",
  ]

  private static let greek: [Unicode.Scalar: String] = [
    "α": "a", "Α": "a", "β": "v", "Β": "v", "γ": "g", "Γ": "g", "δ": "d", "Δ": "d", "ε": "e", "Ε": "e", "ζ": "z",
    "Ζ": "z", "η": "i", "Η": "i", "θ": "th", "Θ": "th", "ι": "i", "Ι": "i", "κ": "k", "Κ": "k", "λ": "l", "Λ": "l",
    "μ": "m", "Μ": "m", "ν": "n", "Ν": "n", "ξ": "x", "Ξ": "x", "ο": "o", "Ο": "o", "π": "p", "Π": "p", "ρ": "r",
    "Ρ": "r", "σ": "s", "Σ": "s", "ς": "s", "τ": "t", "Τ": "t", "υ": "y", "Υ": "y", "φ": "f", "Φ": "f", "χ": "ch",
    "Χ": "ch", "ψ": "ps", "Ψ": "ps", "ω": "o", "Ω": "o", "ά": "a", "Ά": "a", "έ": "e", "Έ": "e", "ή": "i", "Ή": "i",
    "ί": "i", "Ί": "i", "ό": "o", "Ό": "o", "ύ": "y", "Ύ": "y", "ώ": "o", "Ώ": "o", "ϊ": "i", "Ϊ": "i", "ϋ": "y",
    "Ϋ": "y", "ΐ": "i", "ΰ": "y",
  ]
}
