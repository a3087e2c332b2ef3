//! Files of comma-separated values.
//!
//! The writer is here, once, and not in the rooms that hand files out. It writes what RFC 4180 says and takes the sting out of
//! texts that a spreadsheet would carry out.

/// Adds a row.
pub fn row(file: &mut String, fields: &[String]) {
    for (place, field) in fields.iter().enumerate() {
        if place > 0 {
            file.push(',');
        }
        file.push_str(&quoted(&harmless(field)));
    }
    file.push('\n');
}

/// A text that a spreadsheet would take for a formula gets an apostrophe in front, which spreadsheets do not show. A negative
/// amount is none.
fn harmless(text: &str) -> String {
    let amount =
        text.strip_prefix('-').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
    if !amount && text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
