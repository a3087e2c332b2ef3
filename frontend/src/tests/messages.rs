//! The messages of every feature are complete and set as their language is.

use std::fmt::Debug;
use std::path::Path;

use crate::account::messages::AccountMessages;
use crate::error_page::messages::ErrorMessages;
use crate::invoices::messages::InvoiceMessages;
use crate::messages::Messages;
use crate::messages::balance::BalanceMessages;
use crate::messages::document::DocumentMessages;
use crate::messages::form::FormMessages;
use crate::pay_form::messages::PayFormMessages;
use crate::pay_links::messages::PayLinkMessages;
use crate::payments::messages::PaymentMessages;
use crate::sign_in::messages::SignInMessages;
use crate::statement::messages::StatementMessages;

const CATALOGUES: [fn(); 11] = [
    check::<AccountMessages>,
    check::<BalanceMessages>,
    check::<DocumentMessages>,
    check::<ErrorMessages>,
    check::<FormMessages>,
    check::<InvoiceMessages>,
    check::<PayFormMessages>,
    check::<PayLinkMessages>,
    check::<PaymentMessages>,
    check::<SignInMessages>,
    check::<StatementMessages>,
];

fn check<M: Messages + Debug>() {
    let (english, french) = (format!("{:?}", M::ALL.english), format!("{:?}", M::ALL.french));
    assert!(!french.contains('\''), "a straight apostrophe in {french}");
    for mark in [" :", " ;", " !", " ?"] {
        // The debug form itself writes no such pair.
        assert!(!french.contains(mark), "a plain space before {mark:?} in {french}");
    }
    assert_eq!(french.matches('"').count(), english.matches('"').count());
    assert!(!french.contains("\"\"") && !english.contains("\"\""), "an empty message");
}

#[test]
fn the_messages_of_every_feature_are_set_as_their_language_is() {
    for check in CATALOGUES {
        check();
    }
}

/// A feature whose messages are not in the list above would not be looked at.
#[test]
fn no_feature_is_left_out() {
    let mut found = 0;
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(path).unwrap_or_default();
                found += text.lines().filter(|line| line.starts_with("impl Messages for ")).count();
            }
        }
    }
    assert_eq!(found, CATALOGUES.len());
}
