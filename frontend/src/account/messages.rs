//! The account at a glance, in words.

use crate::messages::{ByLanguage, Messages, Text};

/// The account at a glance.
#[derive(Debug)]
pub(crate) struct AccountMessages {
    pub(crate) title: Text,
    pub(crate) open_invoices: Text,
    pub(crate) no_open_invoices: Text,
    pub(crate) all_invoices: Text,
    pub(crate) payments: Text,
    pub(crate) no_payments: Text,
}

impl Messages for AccountMessages {
    const ALL: ByLanguage<&'static Self> = ByLanguage { english: &ENGLISH, french: &FRENCH };
}

const ENGLISH: AccountMessages = AccountMessages {
    title: "Your account",
    open_invoices: "Open invoices",
    no_open_invoices: "You have no open invoice. Thank you.",
    all_invoices: "All invoices",
    payments: "Recent payments",
    no_payments: "You have not paid anything here yet.",
};

const FRENCH: AccountMessages = AccountMessages {
    title: "Votre compte",
    open_invoices: "Factures ouvertes",
    no_open_invoices: "Vous n’avez aucune facture ouverte. Merci.",
    all_invoices: "Toutes les factures",
    payments: "Derniers paiements",
    no_payments: "Vous n’avez encore rien payé ici.",
};
