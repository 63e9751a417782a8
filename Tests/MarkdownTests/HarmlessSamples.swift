/// What is posted, and what becomes of it; `•` stands for a zero-width space.
enum HarmlessSamples {
  /// Of bodies.
  static let bodies: [(String, String)] = [
    ("plain text", "plain text"),
    ("@MainActor and @alice", "@•MainActor and @•alice"),
    ("(@alice), @org/team! and @{557058:ab-cd}", "(@•alice), @•org/team! and @•{557058:ab-cd}"),
    ("a@b is none, and user@example.com is an address", "a@b is none, and user@example.com is an address"),
    ("`@alice` is code, ``a ` @bob`` is, too", "`@alice` is code, ``a ` @bob`` is, too"),
    ("lone ` tick @alice", "lone \\` tick @•alice"),
    ("two `` ticks @alice `", "two \\`\\` ticks @•alice \\`"),
    ("`a` @x `b", "`a` @•x \\`b"),
    ("\\`@x\\`", "\\`@•x\\`"),
    ("\\@alice, \\#12 and @\\alice", "@•alice, #•12 and @\\\\alice"),
    ("&commat;alice, &#64;bob, &#x40;carol and &#35;12", "@•alice, @•bob, @•carol and #•12"),
    ("closes #2", "closes #•2"),
    ("Fixes: #2, RESOLVED #3, closed GH-4 and gh-5", "Fixes: #•2, RESOLVED #•3, closed GH-•4 and gh-•5"),
    (
      "close #1, closed #2, fix #3, fixed #4, fixes #5, resolve #6, resolves #7, resolved #8",
      "close #•1, closed #•2, fix #•3, fixed #•4, fixes #•5, resolve #•6, resolves #•7, resolved #•8"
    ),
    ("resolves org/repo#2 and org/repo@abcdef1234", "resolves org/repo#•2 and org/repo@•abcdef1234"),
    ("user@abcdef1234567 is a commit", "user@•abcdef1234567 is a commit"),
    ("fixes https://github.com/o/r/issues/2", "fixes `https://github.com/o/r/issues/2`"),
    (
      "<https://github.com/o/r/pull/2> and http://git.corp/x/y/-/issues/3#note_1",
      "`https://github.com/o/r/pull/2` and `http://git.corp/x/y/-/issues/3#note_1`"
    ),
    ("www.github.com/o/r/issues/2", "`http://www.github.com/o/r/issues/2`"),
    (
      "[text](https://github.com/o/r/issues/2) and [`x`](/o/r/pull/3)",
      "text (`https://github.com/o/r/issues/2`) and `x` (`/o/r/pull/3`)"
    ),
    (
      "https://bitbucket.org/w/r/pull-requests/7/diff and https://github.com/o/r/commit/abcdef1234",
      "`https://bitbucket.org/w/r/pull-requests/7/diff` and `https://github.com/o/r/commit/abcdef1234`"
    ),
    ("https://example.com/a_b?x=1&y=2", "https://example.com/a_b?x=1&y=2"),
    ("@x https://example.com/a_b?x=1&y=2#top", "@•x <https://example.com/a_b?x=1&amp;y=2#top>"),
    ("https://medium.com/@name/post", "`https://medium.com/@name/post`"),
    ("[a link](https://example.com) stays", "[a link](https://example.com) stays"),
    ("[@alice](https://example.com \"closes #2\")", "[@•alice](https://example.com)"),
    ("![pixel](https://evil.example/p.png)", "[pixel](https://evil.example/p.png)"),
    (
      "![](https://evil.example/p.png) and ![a *b*][i]\n\n[i]: /x.png",
      "[image](https://evil.example/p.png) and [a *b*](/x.png)"
    ),
    ("[![badge](https://b.example/x.svg)](https://c.example)", "[badge](https://c.example)"),
    ("\\![not an image](x) @y", "\\![not an image](x) @•y"),
    ("<img src=\"https://evil.example/p.png\">", "```html\n<img src=\"https://evil.example/p.png\">\n```"),
    ("text <b>bold</b> <!-- @hidden --> end", "text `<b>`bold`</b>` `<!-- @hidden -->` end"),
    ("<!--\nhidden\n@alice\n-->\n\nshown", "```html\n<!--\nhidden\n@alice\n-->\n```\n\nshown"),
    (
      "<details>\n<summary>closes #2</summary>\n\nhello @x\n\n</details>",
      "```html\n<details>\n<summary>closes #2</summary>\n```\n\nhello @•x\n\n```html\n</details>\n```"
    ),
    ("<script>alert(1)</script>", "```html\n<script>alert(1)</script>\n```"),
    ("a < b && c > d", "a < b && c > d"),
    ("\\<b>@x</b>", "&lt;b>@•x`</b>`"),
    ("/merge", "•/merge"),
    ("done\n/approve\n  /lgtm cancel", "done\n•/approve\n•/lgtm cancel"),
    ("see /etc/passwd\n/etc/passwd is read", "see /etc/passwd\n/etc/passwd is read"),
    ("> /merge\n\n- /merge", "> •/merge\n\n- •/merge"),
    ("```\n/merge\n@dependabot merge\n```", " ```\n /merge\n @dependabot merge\n ```"),
    ("```diff\n+ @x\n```", "```diff\n+ @x\n```"),
    ("@dependabot merge", "@•dependabot merge"),
    ("bors r+\n@bors r+", "•bors r+\n@•bors r+"),
    ("LGTM\n+1", "•LGTM\n•+1"),
    ("Jenkins, retest this please\nrecheck", "•Jenkins, retest this please\n•recheck"),
    (
      "Co-authored-by: Eve <eve@example.com>\nSigned-off-by: Eve <eve@example.com>",
      "•Co-authored-by: Eve <eve@example.com>\n•Signed-off-by: Eve <eve@example.com>"
    ),
    ("```\nCo-authored-by: Eve <eve@example.com>\n```", " ```\n Co-authored-by: Eve <eve@example.com>\n ```"),
    (
      "I have read the CLA Document and I hereby sign the CLA",
      "•I have read the CLA Document and I hereby sign the CLA"
    ),
    ("[skip ci] and [CI SKIP]", "[•skip ci] and [•CI SKIP]"),
    ("closes bug 12 and fixes issue 3", "closes bug •12 and fixes issue •3"),
    ("    @indented code\n\n@x", "```\n@indented code\n```\n\n@•x"),
    ("~~~\n@x\n~~~\n\n@y", "```\n@x\n```\n\n@•y"),
    ("```\n@x", "```\n@x\n```"),
    ("- a\n- ```\n  @x", "- a\n- ```\n  @x"),
    ("````\n```\n@x\n```\n````\n@y", "````\n```\n@x\n```\n````\n\n@•y"),
    ("- a\n  - b @x\n\n        @code\n- c", "- a\n  - b @•x\n\n    ```\n    @code\n    ```\n- c"),
    ("3. a @x\n4. b\n   1. c", "3. a @•x\n4. b\n   1. c"),
    ("> quote @x\n> > inner #1\n> ```\n> @code\n> ```", "> quote @•x\n>\n> > inner #•1\n>\n> ```\n> @code\n> ```"),
    ("| a | b |\n|:--|--:|\n| @x | `a\\|@b` |\n| #1 |", "| a | b |\n| :-- | --: |\n| @•x | `a\\|@b` |\n| \\#•1 |  |"),
    ("note[^1] @x\n\n[^1]: by @alice", "note[1\\] @•x\n\n[1] by @•alice"),
    ("[//]: # (@bors r+)\n\nshown", "shown"),
    (
      "[a]: https://x.example \"closes #2\"\n\n[a], [a][] and [b][a]",
      "[a](https://x.example), [a](https://x.example) and [b](https://x.example)"
    ),
    ("# @x #\n\nSetext #1\n---", "# @•x\n\n## Setext #•1"),
    ("*@x* **@y** ~~@z~~ ***#1***", "*@•x* **@•y** ~~@•z~~ ***#•1***"),
    ("a*@x*b and _@y_ and __#2__", "a\\*@•x\\*b and *@•y* and **#•2**"),
    ("first  \n@x\nlast", "first  \n@•x\nlast"),
    ("- [ ] open @x\n- [x] done", "- [ ] open @•x\n- [x] done"),
    ("* * *\n\n@x", "___\n\n@•x"),
    ("* a @x\n\n+ b", "- a @•x\n\n* b"),
    ("1\\. no list @x\n\\- none\n\\# none\n\\> none", "1\\. no list @•x\n\\- none\n\\# none\n\\> none"),
    ("&#x202E;evil &#8203;@x", "&lt;U+202E>evil •@•x"),
    ("zero•width@•alice and @•bob", "zero•width@•alice and @•bob"),
    ("@x\n\n| not | a table", "@•x\n\n\\| not | a table"),
    ("\"@x\" '#1' (#2)", "\"@•x\" '#•1' (#•2)"),
    ("C# and #define and #ffffff", "C# and #define and #ffffff"),
    ("emoji :tada: @x 🎉", "emoji :tada: @•x 🎉"),
    ("@é and é@x and 名@名", "@•é and é@•x and 名@•名"),
    ("**a**_b_@x", "**a**•*b*@•x"),
    ("`a`<b>`c`</b>", "`a`•`<b>`•`c`•`</b>`"),
    ("Text\n===\n\n<a href=\"x\">@x</a>", "# Text\n\n`<a href=\"x\">`@•x`</a>`"),
    ("#12\n#13 is next", "\\#•12\n\\#•13 is next"),
    ("- \n- @x", "-\n- @•x"),
    ("[ref]\n\n[ref]: <https://github.com/o/r/issues/9>", "ref (`https://github.com/o/r/issues/9`)"),
  ]

  /// Of parts of a paragraph.
  static let lines: [(String, String)] = [
    ("fix: lone ` tick @x", "fix: lone \\` tick @•x"),
    ("# no heading, - no list, closes #1", "# no heading, - no list, closes #•1"),
    ("use `@MainActor` everywhere", "use `@MainActor` everywhere"),
    ("*unclosed and `unclosed", "\\*unclosed and \\`unclosed"),
    ("<b>x</b> ![i](https://u.example) @y", "`<b>`x`</b>` [i](https://u.example) @•y"),
    ("```x", "```x"),
    ("two\nlines @x", "two lines @•x"),
    ("[a]: b @x", "[a\\]: b @•x"),
  ]

  /// Of titles and commits.
  static let subjects: [(String, String)] = [
    ("Fix crash (closes #12) by @alice", "Fix crash (closes #•12) by @•alice"),
    ("`@bob` and user@example.com", "`@•bob` and user@example.com"),
    ("Co-authored-by: Eve <eve@example.com>", "•Co-authored-by: Eve <eve@example.com>"),
    ("ABC-12 #close #comment done", "ABC-12 #•close #•comment done"),
    ("[skip ci] see https://github.com/o/r/issues/2", "[•skip ci] see https://github.com/o/r/issues/•2"),
    ("/merge it", "•/merge it"),
    ("org/repo@abcdef1234 and GH-12", "org/repo@•abcdef1234 and GH-•12"),
    ("feat: C# and #define", "feat: C# and #define"),
    ("resolve https://bitbucket.org/w/r/issues/3/title", "resolve https://bitbucket.org/w/r/issues/•3/title"),
  ]

  /// What the tests themselves must find.
  static let faulty = [
    "@alice", "x (@alice)", "#12", "closes #2", "GH-12", "o/r@abcdef1", "https://github.com/o/r/issues/2",
    "[x](https://github.com/o/r/pull/2)", "/merge", "a\n/merge", "```\n/merge\n```", "![x](y)", "<b>x</b>",
    "a <!-- b -->",
    "lone ` @x", "\\@x", "&commat;x", "*@x*", "| a |\n|---|\n| @x |", "- @x", "> @x", "# @x", "Co-authored-by: a",
    "[skip ci]", "closes bug 12", "bors r+", "a[^1]\n\n[^1]: @x",
  ]

  /// What random texts are made of.
  static let fragments = [
    "@alice", "@", "#12", "#", "closes ", "GH-3", "o/r#4", "o/r@abcdef1", "https://github.com/o/r/issues/2",
    "http://x.example/@y#1", "www.github.com/a/b/pull/3", "a@b.example", "&commat;", "&#64;", "&#35;", "&lt;b>",
    "&#10;",
    "&#8203;", "&#x202E;", "\u{200B}", "\u{202E}", "`", "``", "```", "~~~", "```\n", "\n```\n", "    ", "\t", "\n",
    "\n\n",
    "\n- ", "\n1. ", "\n2) ", "\n> ", "\n  ", "\n    ", "\n# ", "\n===\n", "\n---\n", "***", "**", "*", "_", "~~", "~",
    "[", "]", "(", ")", "](", "![", "[^1]", "\n[^1]: ", "[a]", "\n[a]: /u \"t\"\n", "<", ">", "<b>", "</b>", "<!--",
    "-->",
    "<a href='@x'>", "<https://x.example>", "<x@y.example>", "\n<div>\n", "\\", "\\\n", "  \n", "|",
    "\n| a | b |\n|---|---|\n",
    " | ", "/merge", "\n/approve ", "bors r+", "\nSigned-off-by: x", "word", " ", "x", "é", "名", "🎉", "!", ":", ".",
    "-",
    "+", "=", "1", "\"", "'", "[skip ci]", "bug 7", "\r\n", "\u{1B}[1m",
  ]
}
