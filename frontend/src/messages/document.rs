//! What frames every page, in words.

use super::{ByLanguage, Messages, Text};

/// The head, header, navigation and footer of every page.
#[derive(Debug)]
pub(crate) struct DocumentMessages {
    pub(crate) description: Text,
    pub(crate) skip: Text,
    pub(crate) language: Text,
    pub(crate) navigation: Text,
    pub(crate) overview: Text,
    pub(crate) invoices: Text,
    pub(crate) statement: Text,
    pub(crate) sign_out: Text,
    pub(crate) questions: Text,
}

impl Messages for DocumentMessages {
    const ALL: ByLanguage<&'static Self> = ByLanguage { english: &ENGLISH, french: &FRENCH };
}

const ENGLISH: DocumentMessages = DocumentMessages {
    description: "Your invoices, payments and statement: see what is open, and pay it.",
    skip: "Skip to content",
    language: "Language",
    navigation: "Your account",
    overview: "Overview",
    invoices: "Invoices",
    statement: "Statement",
    sign_out: "Sign out",
    questions: "Questions? Write to",
};

const FRENCH: DocumentMessages = DocumentMessages {
    description: "Vos factures, vos paiements et votre relevé\u{a0}: voyez ce qui reste dû, et payez-le.",
    skip: "Aller au contenu",
    language: "Langue",
    navigation: "Votre compte",
    overview: "Aperçu",
    invoices: "Factures",
    statement: "Relevé",
    sign_out: "Déconnexion",
    questions: "Une question\u{202f}? Écrivez à",
};
