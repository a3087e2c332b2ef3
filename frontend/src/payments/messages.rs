//! A payment and what became of it, in words.

use crate::messages::{ByLanguage, Messages, Text, With, WithTwo};

/// A payment, alone and in a list.
#[derive(Debug)]
pub(crate) struct PaymentMessages {
    pub(crate) started: Text,
    pub(crate) started_text: With,
    pub(crate) closed_text: With,
    pub(crate) just_paid: Text,
    pub(crate) charging: Text,
    pub(crate) charging_text: With,
    pub(crate) look_again: Text,
    pub(crate) resume: Text,
    pub(crate) needs_action: Text,
    pub(crate) needs_action_text: With,
    pub(crate) processing: Text,
    pub(crate) processing_text: With,
    pub(crate) partly_arrived: Text,
    pub(crate) partly_arrived_text: WithTwo,
    pub(crate) settled: Text,
    pub(crate) settled_text: WithTwo,
    pub(crate) failed: Text,
    pub(crate) cancelled: Text,
    pub(crate) nothing_taken: Text,
    pub(crate) try_again: Text,
    pub(crate) covers: Text,
    pub(crate) invoice_column: Text,
    pub(crate) applied_column: Text,
    pub(crate) intended_column: Text,
    pub(crate) open_column: Text,
    pub(crate) unapplied: With,
    pub(crate) refunded: With,
    pub(crate) charged_back: With,
    pub(crate) suspense: With,
    pub(crate) reference: Text,
    pub(crate) to_invoice: Text,
    pub(crate) date_column: Text,
    pub(crate) amount_column: Text,
    pub(crate) status_column: Text,
    pub(crate) state_started: Text,
    pub(crate) state_needs_action: Text,
    pub(crate) state_processing: Text,
    pub(crate) state_settled: Text,
    pub(crate) state_failed: Text,
    pub(crate) state_cancelled: Text,
    pub(crate) declines: Declines,
}

/// Why money did not come.
#[derive(Debug)]
pub(crate) struct Declines {
    pub(crate) insufficient_funds: Text,
    pub(crate) expired: Text,
    pub(crate) wrong_details: Text,
    pub(crate) not_authenticated: Text,
    pub(crate) not_accepted: Text,
    pub(crate) over_limit: Text,
    pub(crate) account_closed: Text,
    pub(crate) debit_refused: Text,
    pub(crate) try_later: Text,
    pub(crate) refused: Text,
}

impl Messages for PaymentMessages {
    const ALL: ByLanguage<&'static Self> = ByLanguage { english: &ENGLISH, french: &FRENCH };
}

const ENGLISH: PaymentMessages = PaymentMessages {
    started: "This payment is not finished",
    started_text: |amount| format!("You can still pay {amount} on the payment page."),
    closed_text: |amount| format!("The page for paying {amount} has closed. No money was taken."),
    just_paid: "If you have just paid, it will show here in a moment.",
    charging: "Your saved payment method is being charged",
    charging_text: |amount| {
        format!(
            "We are charging {amount} to your saved payment method and wait for the answer. There is nothing to do."
        )
    },
    look_again: "Look again",
    resume: "Continue to payment",
    needs_action: "One more step",
    needs_action_text: |amount| format!("Your bank asks you to confirm the payment of {amount}."),
    processing: "Your payment is on its way",
    processing_text: |amount| {
        format!(
            "Your payment of {amount} is on its way. A bank debit takes several days to arrive. There is nothing more to do."
        )
    },
    partly_arrived: "A part of your transfer has arrived",
    partly_arrived_text: |arrived, amount| {
        format!(
            "{arrived} of {amount} has arrived. Please transfer the rest to the same account with the same reference: the payment is complete when all of it is there."
        )
    },
    settled: "Thank you, your payment has arrived",
    settled_text: |amount, date| format!("We received {amount} on {date}."),
    failed: "The payment did not go through",
    cancelled: "The payment was cancelled",
    nothing_taken: "No money was taken.",
    try_again: "Try again",
    covers: "What this payment is for",
    invoice_column: "Invoice",
    applied_column: "Paid",
    intended_column: "Amount",
    open_column: "Still to pay",
    unapplied: |amount| format!("{amount} is kept on your account for later invoices."),
    refunded: |amount| format!("{amount} was refunded to you."),
    charged_back: |amount| format!("Your bank took {amount} back; what it had paid is open again."),
    suspense: |amount| {
        format!("We received {amount}, which is another currency than we asked for. We are looking into it.")
    },
    reference: "Payment reference",
    to_invoice: "Go to the invoice",
    date_column: "Date",
    amount_column: "Amount",
    status_column: "Status",
    state_started: "Not finished",
    state_needs_action: "Waiting for you",
    state_processing: "On its way",
    state_settled: "Received",
    state_failed: "Did not go through",
    state_cancelled: "Cancelled",
    declines: Declines {
        insufficient_funds: "There was not enough money on the account. Try a smaller amount, another card or another bank account.",
        expired: "The card has expired. Try another card.",
        wrong_details: "A number was mistyped. Check the card number, the date and the security code.",
        not_authenticated: "Your bank could not confirm that it was you. Try again, or use another card.",
        not_accepted: "This kind of card or account cannot be used for this payment. Try another.",
        over_limit: "The amount is over a limit of the card. Try a smaller amount or another card.",
        account_closed: "The account is closed or could not be found. Try another account.",
        debit_refused: "The bank refused the debit. Ask your bank to allow it, or pay by card.",
        try_later: "The bank could not be reached. Try again in a few minutes.",
        refused: "Your bank refused the payment and gave no reason we can pass on. Try another card, or ask your bank.",
    },
};

const FRENCH: PaymentMessages = PaymentMessages {
    started: "Ce paiement n’est pas terminé",
    started_text: |amount| format!("Vous pouvez encore payer {amount} sur la page de paiement."),
    closed_text: |amount| format!("La page pour payer {amount} est fermée. Aucune somme n’a été prélevée."),
    just_paid: "Si vous venez de payer, cela s’affichera ici dans un instant.",
    charging: "Votre moyen de paiement enregistré est en cours de débit",
    charging_text: |amount| {
        format!(
            "Nous débitons {amount} sur votre moyen de paiement enregistré et attendons la réponse. Vous n’avez rien à faire."
        )
    },
    look_again: "Actualiser",
    resume: "Continuer le paiement",
    needs_action: "Encore une étape",
    needs_action_text: |amount| format!("Votre banque vous demande de confirmer le paiement de {amount}."),
    processing: "Votre paiement est en cours",
    processing_text: |amount| {
        format!(
            "Votre paiement de {amount} est en cours. Un prélèvement bancaire met plusieurs jours à arriver. Vous n’avez plus rien à faire."
        )
    },
    partly_arrived: "Une partie de votre virement est arrivée",
    partly_arrived_text: |arrived, amount| {
        format!(
            "{arrived} sur {amount} sont arrivés. Merci de virer le reste sur le même compte avec la même référence\u{a0}: le paiement sera complet quand tout sera là."
        )
    },
    settled: "Merci, votre paiement est arrivé",
    settled_text: |amount, date| format!("Nous avons reçu {amount} le {date}."),
    failed: "Le paiement n’a pas abouti",
    cancelled: "Le paiement a été annulé",
    nothing_taken: "Aucune somme n’a été prélevée.",
    try_again: "Réessayer",
    covers: "Ce que règle ce paiement",
    invoice_column: "Facture",
    applied_column: "Payé",
    intended_column: "Montant",
    open_column: "Reste à payer",
    unapplied: |amount| format!("Un montant de {amount} reste à votre crédit pour vos prochaines factures."),
    refunded: |amount| format!("{amount} vous ont été remboursés."),
    charged_back: |amount| format!("Votre banque a repris {amount}\u{202f}; ce montant est de nouveau à payer."),
    suspense: |amount| {
        format!("Nous avons reçu {amount}, dans une autre monnaie que celle demandée. Nous nous en occupons.")
    },
    reference: "Référence du paiement",
    to_invoice: "Voir la facture",
    date_column: "Date",
    amount_column: "Montant",
    status_column: "État",
    state_started: "Non terminé",
    state_needs_action: "En attente de votre part",
    state_processing: "En cours",
    state_settled: "Reçu",
    state_failed: "Non abouti",
    state_cancelled: "Annulé",
    declines: Declines {
        insufficient_funds: "La provision du compte était insuffisante. Essayez un montant plus petit, une autre carte ou un autre compte.",
        expired: "La carte a expiré. Essayez une autre carte.",
        wrong_details: "Un chiffre est erroné. Vérifiez le numéro de la carte, la date et le code de sécurité.",
        not_authenticated: "Votre banque n’a pas pu confirmer votre identité. Réessayez ou utilisez une autre carte.",
        not_accepted: "Ce type de carte ou de compte ne convient pas à ce paiement. Essayez-en un autre.",
        over_limit: "Le montant dépasse un plafond de la carte. Essayez un montant plus petit ou une autre carte.",
        account_closed: "Le compte est fermé ou introuvable. Essayez un autre compte.",
        debit_refused: "La banque a refusé le prélèvement. Demandez-lui de l’autoriser ou payez par carte.",
        try_later: "La banque ne répond pas. Réessayez dans quelques minutes.",
        refused: "Votre banque a refusé le paiement sans donner de raison que nous puissions vous transmettre. Essayez une autre carte ou demandez à votre banque.",
    },
};
