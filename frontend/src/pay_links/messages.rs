//! A pay link that does not open, in words.

use crate::messages::{ByLanguage, Messages, Text};

/// The page in place of an invoice.
#[derive(Debug)]
pub(crate) struct PayLinkMessages {
    pub(crate) title: Text,
    pub(crate) text: Text,
}

impl Messages for PayLinkMessages {
    const ALL: ByLanguage<&'static Self> = ByLanguage { english: &ENGLISH, french: &FRENCH };
}

const ENGLISH: PayLinkMessages = PayLinkMessages {
    title: "This link does not open an invoice",
    text: "It may have expired, been replaced or been copied incompletely. Enter the e-mail address that your invoices are sent to, and we will send you a new link.",
};

const FRENCH: PayLinkMessages = PayLinkMessages {
    title: "Ce lien n’ouvre aucune facture",
    text: "Il a peut-être expiré, été remplacé ou été copié en partie. Indiquez l’adresse e-mail à laquelle vos factures sont envoyées et nous vous enverrons un nouveau lien.",
};
