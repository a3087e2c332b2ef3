//! The balance of an account, in words.

use super::{ByLanguage, Messages, Text};

/// What is owed, and of what it is made.
#[derive(Debug)]
pub(crate) struct BalanceMessages {
    pub(crate) owed: Text,
    pub(crate) in_favour: Text,
    pub(crate) nothing_owed: Text,
    pub(crate) overdue: Text,
    pub(crate) pending: Text,
    pub(crate) disputed: Text,
    pub(crate) questioned: Text,
    pub(crate) unapplied: Text,
}

impl Messages for BalanceMessages {
    const ALL: ByLanguage<&'static Self> = ByLanguage { english: &ENGLISH, french: &FRENCH };
}

const ENGLISH: BalanceMessages = BalanceMessages {
    owed: "You owe",
    in_favour: "In your favour",
    nothing_owed: "Nothing to pay",
    overdue: "Overdue",
    pending: "On its way",
    disputed: "Contested",
    questioned: "Being looked at",
    unapplied: "On account",
};

const FRENCH: BalanceMessages = BalanceMessages {
    owed: "Vous devez",
    in_favour: "En votre faveur",
    nothing_owed: "Rien à payer",
    overdue: "En retard",
    pending: "En cours de paiement",
    disputed: "Contesté",
    questioned: "En cours d’examen",
    unapplied: "À votre crédit",
};
