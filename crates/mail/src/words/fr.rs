//! The sentences in French, worded to read the same on both sides of the Atlantic: a no-break space before a colon is right
//! everywhere, and the other high punctuation, spaced in France and not in Canada, does not occur.

use super::Words;

pub(super) const WORDS: Words = Words {
    colon: "\u{a0}: ",
    greeting: |customer| format!("Bonjour {customer},"),
    copy_address: "Ou copiez cette adresse dans votre navigateur\u{a0}:",
    questions: |email| format!("Pour toute question, répondez à ce message ou écrivez à {email}."),
    receipt_subject: |amount, business| format!("Reçu\u{a0}: paiement de {amount} à {business}"),
    receipt_title: "Reçu de paiement",
    receipt_lead: |amount, date| format!("Nous avons bien reçu votre paiement de {amount} du {date}. Merci."),
    invoice: |number| format!("Facture {number}"),
    paid_in_full: "Soldée",
    still_open: |amount| format!("Reste à payer\u{a0}: {amount}"),
    more_invoices: |count| match count {
        1 => "Et 1 autre facture, à retrouver sur la page de ce paiement".to_owned(),
        _ => format!("Et {count} autres factures, à retrouver sur la page de ce paiement"),
    },
    unapplied: "Conservé sur votre compte",
    unapplied_note: "Pas encore affecté à une facture",
    total: "Total payé",
    payment_reference: "Référence du paiement",
    view_payment: "Voir ce paiement",
    receipt_why: |business| format!("{business} vous envoie ce message à la suite d’un paiement sur votre compte."),
    sign_in_subject: |business| format!("Votre lien et votre code de connexion\u{a0}: {business}"),
    sign_in_title: |business| format!("Connexion\u{a0}: {business}"),
    sign_in_lead: |business| format!("Vous avez demandé à vous connecter à votre compte chez {business}."),
    sign_in_button: "Se connecter",
    sign_in_code: "Ou saisissez ce code sur la page où vous avez demandé la connexion\u{a0}:",
    sign_in_validity: |minutes| {
        let unit = if minutes <= 1 { "minute" } else { "minutes" };
        format!("Le lien et le code ne servent qu’une fois et sont valables {minutes}\u{a0}{unit}.")
    },
    sign_in_never_asked: |business| {
        format!("Personne chez {business} ne vous demandera jamais ce code. Ne le communiquez à personne.")
    },
    sign_in_not_you: "Si vous n’êtes pas à l’origine de cette demande, ignorez ce message\u{a0}: il ne se passera rien.",
    sign_in_why: |business| {
        format!("{business} vous envoie ce message, car votre adresse a été saisie pour une connexion.")
    },
};
