//! The page at `/dev/`: what was sent, and the way to everything else. Without scripts.

use std::fmt::Write as _;
use std::sync::Arc;

use jiff::Timestamp;

use super::Letter;

/// A letter's own HTML shows in a frame without scripts, which obeys this as well: nothing is fetched from elsewhere.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-src 'self'; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const STYLE: &str = "
:root { color-scheme: light dark; --line: light-dark(#c9ccd1, #4a4f57); --quiet: light-dark(#555b63, #aab0b8);
  --link: light-dark(#0b57b0, #8ab8ff); --raised: light-dark(#f5f6f8, #22252a); }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 60rem; font: 1rem/1.5 system-ui, sans-serif;
  background: light-dark(#fff, #17191c); color: light-dark(#1b1e22, #e9ebee); overflow-wrap: anywhere; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0; padding: 0; list-style: none; }
nav a { display: inline-block; padding: .25rem 0; }
h1 { font-size: 1.5rem; } h2 { margin: 0; font-size: 1.1rem; }
article { margin: 1rem 0; padding: 1rem; border: 1px solid var(--line); border-radius: .5rem; }
article p { margin: .25rem 0; } .quiet { color: var(--quiet); }
summary { padding: .5rem 0; cursor: pointer; }
pre { margin: 0; padding: .75rem; border-radius: .25rem; background: var(--raised); font: inherit; white-space: pre-wrap; }
iframe { width: 100%; height: 32rem; border: 1px solid var(--line); border-radius: .25rem; background: #fff;
  color-scheme: light; }
";

/// The newest letter comes first, with its text open.
pub(super) fn render(letters: &[Arc<Letter>], total: usize, more: bool, now: Timestamp) -> String {
    let mut body = String::new();
    for (place, letter) in letters.iter().enumerate() {
        article(&mut body, letter, place == 0);
    }
    if letters.is_empty() {
        body.push_str("<p>Nothing here.</p>");
    }
    if let Some(last) = letters.last().filter(|_| more) {
        push(&mut body, format_args!("<p><a href=\"/dev/?before={}\">Older mail</a></p>", last.id));
    }
    let shown_now = now.strftime("%Y-%m-%d %H:%M:%S");
    let sent = if total == 1 { "1 message".to_owned() } else { format!("{total} messages") };
    format!(
        "<!doctype html><html lang=\"en-GB\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>Mailbox · Guichet on this machine</title>\
         <link rel=\"icon\" href=\"data:,\"><style>{STYLE}</style></head><body><header><nav aria-label=\"Guichet\"><ul>\
         <li><a href=\"/\">Portal</a></li><li><a href=\"/api/docs\">Business API</a></li>\
         <li><a href=\"/dev/stripe\">Stripe sandbox</a></li><li><a href=\"/dev/mail\">Mail as JSON</a></li>\
         <li><a href=\"/healthz\">Health</a></li></ul></nav>\
         <p>Clock: <time datetime=\"{now}\">{shown_now} UTC</time> (<a href=\"/dev/clock\">as JSON</a>)</p></header>\
         <main><h1>Mailbox</h1><p class=\"quiet\">{sent} sent from this machine and kept here; nothing was delivered.</p>\
         {body}</main></body></html>"
    )
}

fn article(body: &mut String, letter: &Letter, open: bool) {
    let subject = if letter.subject.is_empty() { "(no subject)" } else { &letter.subject };
    let (id, open) = (&letter.id, if open { " open" } else { "" });
    push(
        body,
        format_args!(
            "<article id=\"mail-{id}\" aria-labelledby=\"subject-{id}\"><h2 id=\"subject-{id}\">{}</h2>\
             <p>To {}</p><p class=\"quiet\">From {} · <time datetime=\"{}\">{} UTC</time> · \
             <a href=\"/dev/mail/{id}\">Source of message {id}</a></p>",
            escape(subject),
            escape(&letter.to.join(", ")),
            escape(&letter.from),
            letter.sent_at,
            letter.sent_at.strftime("%Y-%m-%d %H:%M:%S"),
        ),
    );
    if !letter.attachments.is_empty() {
        let named = |a: &super::Attachment| format!("{} ({}, {} bytes)", a.name, a.content_type, a.bytes);
        let named = letter.attachments.iter().map(named).collect::<Vec<_>>().join(", ");
        push(body, format_args!("<p>Attached: {}</p>", escape(&named)));
    }
    if let Some(text) = &letter.text {
        push(body, format_args!("<details{open}><summary>Text</summary><pre>{}</pre></details>", linked(text)));
    }
    if let Some(html) = &letter.html {
        // Links open beside the page: in the frame they would be shut in with the letter.
        let framed = escape(&format!("<base target=\"_blank\">{html}"));
        push(
            body,
            format_args!(
                "<details><summary>HTML</summary><iframe title=\"HTML of {}\" loading=\"lazy\" \
                 sandbox=\"allow-popups allow-popups-to-escape-sandbox\" srcdoc=\"{framed}\"></iframe></details>",
                escape(subject)
            ),
        );
    }
    body.push_str("</article>");
}

/// The text with its web addresses as links.
fn linked(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 4);
    let mut rest = text;
    while let Some(start) = ["https://", "http://"].iter().filter_map(|scheme| rest.find(scheme)).min() {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c: char| c.is_whitespace() || "<>\"".contains(c)).unwrap_or(from.len());
        // A full stop or a bracket after an address belongs to the sentence.
        let (found, _) = from.split_at(end);
        let found = found.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '\'']);
        let (shown, after) = (escape(found), from.get(found.len()..).unwrap_or_default());
        push(&mut html, format_args!("{}<a href=\"{shown}\">{shown}</a>", escape(before)));
        rest = after;
    }
    html.push_str(&escape(rest));
    html
}

/// Makes text safe between tags and inside quoted attributes, of HTML and of XML.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
    }
    safe
}

fn push(html: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = html.write_fmt(what);
}
