//! What texts may hold: tables of hostile ones, and the laws of the form that they are kept in.

use icu_normalizer::DecomposingNormalizer;
use proptest::prelude::*;

use super::*;

fn number(text: &str) -> Result<String, TextError> {
    text.parse::<InvoiceNumber>().map(|number| number.as_str().to_owned())
}

fn name(text: &str) -> Result<String, TextError> {
    text.parse::<PartyName>().map(|name| name.as_str().to_owned())
}

#[test]
fn addresses_that_mail_systems_deliver_are_taken_and_others_are_not() {
    for good in ["a@b.fr", "Zoe.O'Neil+tag@Exemple.CA", "x_y@sub.domain.example", "a@exämple.de"] {
        assert!(good.parse::<EmailAddress>().is_ok(), "{good}");
    }
    for bad in [
        "",
        "a",
        "a@b",
        "@b.fr",
        "a b@c.fr",
        "a@-b.fr",
        "a@b..fr",
        "a..b@c.fr",
        "a@b.fr\nBcc: x@y.z",
        "<a@b.fr>",
        "a@b\u{200b}.fr",
        "a@b\u{202e}.fr",
        "a@\u{212a}pmg.com",
        "a@\u{130}.fr",
        "a\u{200d}@b.fr",
    ] {
        assert!(bad.parse::<EmailAddress>().is_err(), "{bad:?} was taken");
    }
    assert_eq!("A@B.FR".parse::<EmailAddress>().unwrap().as_str(), "A@b.fr");
}

#[test]
fn a_local_part_beyond_ascii_is_refused_with_its_reason() {
    for bad in ["zoé@exemple.fr", "\u{212a}arl@example.com", "пост@example.com"] {
        let told = bad.parse::<EmailAddress>().unwrap_err().to_string();
        assert!(told.contains("only the letters a to z"), "{bad}: {told}");
    }
    assert_eq!("Karl@Example.com".parse::<EmailAddress>().unwrap().folded(), "karl@example.com");
}

#[test]
fn nothing_personal_shows_in_debug_output() {
    let address: EmailAddress = "someone@example.com".parse().unwrap();
    let name: PartyName = "Someone".parse().unwrap();
    let shown = format!("{address:?} {name:?}");
    assert!(!shown.contains("omeone"), "{shown}");
}

#[test]
fn an_external_id_never_looks_like_ours() {
    assert!("inv_7".parse::<ExternalId>().is_err());
    assert!("invoice-7".parse::<ExternalId>().is_ok());
    assert!("a\u{a0}b".parse::<ExternalId>().is_err(), "a space of any kind is one");
}

#[test]
fn identifiers_hold_nothing_unseen() {
    for bad in [
        "F\u{200b}1",
        "F\u{200d}1",
        "F\u{200c}1",
        "F\u{202e}1",
        "F\u{2066}1",
        "F\u{feff}1",
        "F\u{ad}1",
        "F\u{2028}1",
        "F\u{2029}1",
        "F\u{0}1",
        "F\u{85}1",
        "F\n1",
        "F\u{3164}1",
        "F\u{34f}1",
        "F\u{2800}1",
        "F\u{fe0f}1",
        "F\u{e0041}1",
        "F\u{e000}1",
        "F\u{378}1",
        "\u{3164}",
        "\u{6f1}\u{200c}\u{6f2}",
    ] {
        assert_eq!(number(bad), Err(UNSEEN), "{bad:?}");
        assert!(bad.parse::<Reference>().is_err(), "{bad:?}");
        assert!(bad.parse::<ExternalId>().is_err(), "{bad:?}");
    }
    for (text, kept) in [
        ("F-1", "F-1"),
        ("Re\u{301}f 1", "R\u{e9}f 1"),
        ("F\u{a0}1", "F 1"),
        ("F\u{202f}1\u{3000}", "F 1"),
        ("請求書１", "請求書１"),
        ("فاتورة ١", "فاتورة ١"),
    ] {
        assert_eq!(number(text).as_deref(), Ok(kept));
    }
}

#[test]
fn prose_holds_what_its_scripts_need_and_nothing_that_turns_or_hides() {
    for good in ["می\u{200c}خواهم", "क\u{94d}\u{200d}ष", "👩\u{200d}💻", "❤\u{fe0f} Ltd", "Zoé & Fils", "\u{600}١٢"]
    {
        assert_eq!(name(good).as_deref(), Ok(good));
    }
    for bad in [
        "Pay\u{200d}Pal",
        "\u{200c}می",
        "می\u{200c}",
        "می\u{200c}\u{200c}خ",
        "a\u{200b}b",
        "a\u{202e}b",
        "a\u{2066}b\u{2069}",
        "a\u{200e}b",
        "a\u{61c}b",
        "a\u{2028}b",
        "a\u{feff}b",
        "a\u{ad}b",
        "a\u{e0041}b",
        "\u{3164}",
        "a\tb",
        "\u{fe0f}",
    ] {
        assert_eq!(name(bad), Err(UNSEEN), "{bad:?}");
        assert!(bad.parse::<Description>().is_err(), "{bad:?}");
    }
}

#[test]
fn only_what_is_written_from_right_to_left_is_isolated() {
    for (text, shown) in [
        ("Ada & Co", "Ada & Co"),
        ("Zoé", "Zoé"),
        ("", ""),
        ("שלום", "\u{2068}שלום\u{2069}"),
        ("Ada سلام 1", "\u{2068}Ada سلام 1\u{2069}"),
        ("١٢", "\u{2068}١٢\u{2069}"),
    ] {
        assert_eq!(isolated(text), shown);
    }
}

/// Texts of letters, marks, spaces and unseen characters of many scripts.
fn texts() -> impl Strategy<Value = String> {
    let chars = proptest::sample::select(vec![
        'a', 'e', 'E', ' ', '1', '-', '\u{301}', '\u{327}', 'é', '\u{212b}', '\u{212a}', '가', '\u{1100}', '\u{1161}',
        'ا', 'ש', '\u{200c}', '\u{200d}', '\u{202e}', '\u{a0}', '\u{958}', '\u{fb2c}', '\u{fe0f}', '👩', '\u{2028}',
        '\n', 'ﬁ',
    ]);
    prop::collection::vec(chars, 0..260).prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #![proptest_config(crate::tests::cases(400))]

    #[test]
    fn what_is_kept_is_within_bounds_and_is_taken_again_as_it_is(text in prop_oneof![texts(), ".{0,210}"]) {
        for kept in [number(&text), name(&text)].into_iter().flatten() {
            prop_assert!((1..=TEXT_CHARS_MAX).contains(&kept.chars().count()));
            prop_assert!(ComposingNormalizer::new_nfc().is_normalized(&kept));
        }
        if let Ok(kept) = number(&text) {
            prop_assert_eq!(number(&kept), Ok(kept.clone()));
        }
        if let Ok(kept) = name(&text) {
            prop_assert_eq!(name(&kept), Ok(kept.clone()));
        }
    }

    #[test]
    fn composed_and_decomposed_are_one(text in prop_oneof![texts(), ".{0,60}"]) {
        let decomposed = DecomposingNormalizer::new_nfd().normalize(&text).into_owned();
        prop_assert_eq!(number(&text), number(&decomposed));
        prop_assert_eq!(name(&text), name(&decomposed));
    }

    #[test]
    fn an_address_is_ascii_before_the_at_and_folds_to_itself(text in "[aA.é\u{212a}İ@-]{1,12}|[a-z.]{1,8}@[a-zé.]{1,12}") {
        if let Ok(address) = text.parse::<EmailAddress>() {
            prop_assert!(address.as_str().split('@').next().unwrap().is_ascii());
            let folded: EmailAddress = address.folded().parse().unwrap();
            prop_assert_eq!(folded.folded(), address.folded());
            prop_assert_eq!(address.as_str().parse::<EmailAddress>(), Ok(address.clone()));
        }
    }
}
