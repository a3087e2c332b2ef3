use expect_test::expect_file;
use receivables::Locale;

use super::{PAYMENT_URL, URL, all, business, composed, money, receipt, sign_in};
use crate::{Kind, Message, RECEIPT_LINES_MAX};

#[test]
fn every_message_reads_well_in_every_locale() {
    let business = business();
    for (kind, locale, expected) in [
        (Kind::Receipt, Locale::English, expect_file!["expected/en.receipt.txt"]),
        (Kind::Receipt, Locale::EnglishCanada, expect_file!["expected/en.canada.receipt.txt"]),
        (Kind::Receipt, Locale::French, expect_file!["expected/fr.receipt.txt"]),
        (Kind::Receipt, Locale::FrenchCanada, expect_file!["expected/fr.canada.receipt.txt"]),
        (Kind::SignIn, Locale::English, expect_file!["expected/en.sign_in.txt"]),
        (Kind::SignIn, Locale::French, expect_file!["expected/fr.sign_in.txt"]),
    ] {
        let message = composed(kind, &business, locale);
        let seen = format!("{}\n\n{}\n", message.subject(), message.text());
        expected.assert_eq(&seen.replace('\u{a0}', "~").replace('\u{202f}', "_"));
    }
}

#[test]
fn a_language_has_the_same_words_on_both_sides_of_the_ocean() {
    let business = business();
    for (european, canadian) in [(Locale::English, Locale::EnglishCanada), (Locale::French, Locale::FrenchCanada)] {
        let (here, there) = (sign_in(&business, european).compose(), sign_in(&business, canadian).compose());
        assert_eq!((here.subject(), here.text()), (there.subject(), there.text()));
    }
}

#[test]
fn every_message_in_every_locale_is_whole_html_that_fetches_nothing() {
    for message in all(&business()) {
        let (html, what) = (message.html(), format!("{:?} {}", message.kind(), message.locale()));
        assert_balanced(html, &what);
        assert!(html.contains(&format!("<html lang=\"{}\"", message.locale().tag())), "{what} names no language");
        assert!(
            html.contains(r#"<meta name="color-scheme" content="light dark">"#),
            "{what} says nothing of light and dark"
        );
        assert!(html.len() < 20_000, "{what} takes {} bytes", html.len());
        for fetched in ["<img", "<link", "<script", "<iframe", "src=", "url(", "@import", "background="] {
            assert!(!html.contains(fetched), "{what} has {fetched}");
        }
        let (url, escaped) = match message.kind() {
            Kind::Receipt => (PAYMENT_URL, PAYMENT_URL.replace('&', "&#38;").replace('"', "&#34;")),
            Kind::SignIn => (URL, URL.to_owned()),
        };
        assert!(message.text().lines().any(|line| line == url), "{what}: the text lacks the link");
        assert!(
            html.contains(&format!("href=\"{escaped}\"")) && html.contains(&format!(">{escaped}</a>")),
            "{what} lacks the link"
        );
        assert!(!html.replace(&escaped, "").contains("http"), "{what} has another address");
    }
}

#[test]
fn html_and_text_say_the_same() {
    for message in all(&business()) {
        let seen = visible(message.html());
        for line in message.text().lines().filter(|line| !line.is_empty()) {
            let line = line.trim_start_matches(['-', ' ']);
            let (label, value) = line.split_once(": ").unwrap_or((line, ""));
            for part in [label.trim_end_matches([':', '\u{a0}']), value] {
                assert!(seen.contains(part), "{:?} {}: {part:?} is not in {seen}", message.kind(), message.locale());
            }
        }
    }
}

#[test]
fn what_people_typed_is_text_in_html() {
    let business = business();
    let message = receipt(&business, Locale::French).compose();
    assert!(!message.html().contains("<Nord>"));
    assert!(visible(message.html()).contains("Bonjour Atelier <Nord> & fils,"));
}

#[test]
fn the_code_is_six_digits_in_a_row_and_never_in_the_subject() {
    let business = business();
    for locale in Locale::ALL {
        let message = sign_in(&business, locale).compose();
        assert!(message.text().lines().any(|line| line == "048213"));
        assert!(message.html().contains(">048213<"));
        assert!(!message.subject().contains("048213"));
    }
}

#[test]
fn a_long_receipt_counts_what_it_does_not_list() {
    let business = business();
    // spelling: off
    for (extra, english, french) in [
        (0, None, None),
        (1, Some("And 1 more invoice,"), Some("Et 1 autre facture,")),
        (950, Some("And 950 more invoices,"), Some("Et 950 autres factures,")),
    ] {
        for (locale, words) in [(Locale::English, english), (Locale::French, french)] {
            let mut view = receipt(&business, locale);
            let line = view.lines[0].clone();
            view.lines = vec![line; RECEIPT_LINES_MAX + extra];
            view.lines[0].number = "W".repeat(200).parse().unwrap();
            let message = view.compose();
            assert_eq!(message.text().matches("F-2026-0017").count(), RECEIPT_LINES_MAX - 1);
            assert!(message.html().len() < 90_000, "{} bytes are cut off by some readers", message.html().len());
            match words {
                Some(words) => {
                    assert!(message.text().contains(words) && message.html().contains(words));
                }
                None => assert!(!message.text().contains("more invoice") && !message.text().contains("autre")),
            }
        }
    }
    // spelling: on
}

#[test]
fn a_payment_that_covers_no_invoice_is_kept_on_the_account_and_one_that_covers_all_is_not() {
    let business = business();
    let mut view = receipt(&business, Locale::English);
    view.unapplied = money("0", Locale::English);
    assert!(!view.compose().text().contains("Kept on your account"));
    view.lines.clear();
    view.unapplied = view.amount;
    let message = view.compose();
    assert!(message.text().contains("- Kept on your account: €1,234.50\n"), "{}", message.text());
    assert!(!message.text().contains("Invoice"), "{}", message.text());
}

#[test]
fn one_minute_is_one_minute() {
    let business = business();
    // spelling: off
    for (locale, words) in [(Locale::English, "within 1\u{a0}minute."), (Locale::French, "valables 1\u{a0}minute.")] {
        // spelling: on
        let text = crate::SignIn { minutes: 1, ..sign_in(&business, locale) }.compose().text().to_owned();
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn nothing_personal_or_secret_shows_in_debug_output() {
    let business = business();
    let (receipt, sign_in) = (receipt(&business, Locale::English), sign_in(&business, Locale::English));
    let shown = format!("{receipt:?} {sign_in:?} {:?} {:?}", receipt.compose(), sign_in.compose());
    for secret in ["Atelier", "nord", "048213", "http", "Maison", "1,234"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn french_never_leaves_a_colon_or_an_apostrophe_as_a_typewriter_would() {
    let business = business();
    for message in [Kind::Receipt, Kind::SignIn].map(|kind| composed(kind, &business, Locale::French)) {
        let words = words_of(&message);
        assert!(!words.contains('\'') && !words.contains("..."), "{words}");
        for sign in [" :", " ;", " !", " ?", "!", "?", ";"] {
            assert!(!words.contains(sign), "{sign:?} in {words}");
        }
        let colons = words.matches(':').count();
        assert_eq!(colons, words.matches("\u{a0}:").count(), "{words}");
    }
}

fn words_of(message: &Message) -> String {
    let lines = message.text().lines().filter(|line| !line.starts_with("http"));
    std::iter::once(message.subject()).chain(lines).collect::<Vec<_>>().join("\n")
}

/// The text that a reader sees.
fn visible(html: &str) -> String {
    let body = html.split_once("<body").unwrap().1;
    let mut seen = String::new();
    let mut inside = true;
    for c in body.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => seen.push(c),
            _ => {}
        }
    }
    seen.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#39;", "'").replace("&#38;", "&")
}

fn assert_balanced(html: &str, what: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->").unwrap().1;
            continue;
        }
        let (tag, after) = rest[1..].split_once('>').unwrap();
        assert!(!tag.contains('<'), "{what}: {tag}");
        assert_eq!(tag.matches('"').count() % 2, 0, "{what}: {tag}");
        rest = after;
        let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{what}");
        } else if !["!DOCTYPE", "meta", "br"].contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{what}: {open:?} stay open");
}
