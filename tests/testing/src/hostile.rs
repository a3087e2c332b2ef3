//! What strangers send: the one list of hostile texts, for every test of what is open to the world.
//!
//! A text that broke something joins the list here, and every route, header and field is tried with it.

/// Written as they are: in a form, a body, a header, or encoded in an address.
const TEXTS: &[&str] = &[
    "",
    " ",
    "   ",
    "\0",
    "a\0b",
    "\u{1}",
    "\u{7f}",
    "\u{85}",
    "\t",
    "\r\nX-Injected: 1",
    "\n",
    // Paths.
    ".",
    "..",
    "../../etc/passwd",
    "/",
    "//",
    "//evil.example",
    "\\",
    "\\\\evil.example",
    "%00",
    "%C0%AF",
    "?",
    "#",
    "*",
    // Text that hides, turns, folds or combines.
    "\u{202e}gpj.exe",
    "\u{2028}",
    "\u{200b}",
    "\u{feff}",
    "\u{212a}",
    "\u{212a}@example.com",
    "\u{301}",
    "a\u{301}\u{301}\u{301}",
    "１２３",
    "＝1+1",
    "😀",
    "👩\u{200d}👩\u{200d}👧",
    "漢字",
    "é",
    // Numbers.
    "0",
    "-0",
    "-1",
    "00",
    "1.00",
    "1e400",
    "-1e400",
    "1e-400",
    "NaN",
    "Infinity",
    "0x10",
    "18446744073709551616",
    "999999999999999999999999999999999999",
    "99999999999999999999.99",
    "0.000000000000000000000000000001",
    "79228162514264337593543950335",
    // Dates and times at their limits.
    "9999-12-31",
    "-009999-01-01",
    "0000-00-00",
    "2026-02-30",
    "9999-12-30T22:00:00.999999999Z",
    "-9999-01-02T01:59:59Z",
    // Fragments of other languages.
    "null",
    "true",
    "{}",
    "[]",
    "{\"a\":",
    "\"",
    "'",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'; DROP TABLE invoices; --",
    "=cmd|' /C calc'!A0",
    "q;=cmd",
    "@SUM(A1)",
    "{{7*7}}",
    "${jndi:ldap://x}",
    "%s%n",
    "$(id)",
    // Cursors.
    "41.49.49",
    "00.00.00",
    "none.none",
    "a.b",
    "=",
    "====",
    "AAAA",
    "_-_-_-",
    "bm90IGEgc2VhbGVkIGN1cnNvcg",
    // Ids: of other kinds, of nobody, and none.
    "inv_",
    "inv_!",
    "inv_01JD8Z0000ABCDEFGHJKMNPQRS",
    "pay_01JD8Z0000ABCDEFGHJKMNPQRS",
    "cus_01JD8Z0000ABCDEFGHJKMNPQRS",
    "cn_01JD8Z0000ABCDEFGHJKMNPQRS",
    "inv_7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
    "inv_8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
    "inv_01jd8z0000abcdefghjkmnpqrs",
    "pi_1",
    "stripe",
    // Hosts.
    "[::1",
    "[::1]",
    "[::1]:99999",
    "::1",
    "host:99999",
    "host:",
    ":80",
    "a..b",
    "a.",
    "xn--",
    "xn--zzzzzzz99999",
    "1.2.3.999",
    "a@b",
    "user:pass@evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    // Headers of their own kind.
    "Bearer",
    "Bearer gk_",
    "Basic Zzo6",
    "guichet=;guichet=;lang=",
    "guichet=\"",
    "fr;q=NaN,en;q=9,*;q=-1",
    "W/\"",
    "multipart/form-data; boundary=",
    "application/json; charset=utf-7",
];

/// Already encoded as they stand, for an address: bytes that are no text, and dots and slashes that a client would tidy.
const ESCAPES: &[&str] =
    &["//", "%2e%2e", "%2e%2e%2f", "%00", "%FF", "%C0%AF", "%ED%A0%80", "%zz", "%", "%0", "a%00b", "%2F", "%5C", "%25"];

/// Every hostile text.
pub fn texts() -> Vec<String> {
    let mut texts: Vec<String> = TEXTS.iter().map(|text| (*text).to_owned()).collect();
    texts.extend(["a".repeat(300), "a".repeat(3_000), format!("{}.b", "a".repeat(3_000)), "\u{200b}".repeat(300)]);
    texts.push(format!("inv_{}", "0".repeat(3_000)));
    texts.push(format!("{}@example.com", "a".repeat(300)));
    texts.push("9".repeat(300));
    texts.push("a.".repeat(1_050));
    texts
}

/// Every hostile text as a part of an address, which goes over the wire as it is written here.
pub fn address_parts() -> Vec<String> {
    let encoded = texts().into_iter().map(|text| percent_encoded(&text));
    encoded.chain(ESCAPES.iter().map(|text| (*text).to_owned())).collect()
}

/// Every hostile text that can be the value of a header: no server reads a NUL or the end of a line in one.
pub fn header_values() -> Vec<String> {
    texts().into_iter().filter(|text| !text.contains(['\0', '\r', '\n'])).collect()
}

/// A text as a part of an address or a field of a form.
pub fn percent_encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}
