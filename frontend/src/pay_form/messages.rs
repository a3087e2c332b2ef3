//! The form that starts a payment, in words.

use crate::messages::{ByLanguage, Count, Messages, Text, With, WithTwo};

/// The form, and what can be wrong with what was typed into it.
#[derive(Debug)]
pub(crate) struct PayFormMessages {
    pub(crate) amount: With,
    pub(crate) range: WithTwo,
    pub(crate) button: Text,
    pub(crate) reassurance: Text,
    pub(crate) fault_title: Text,
    pub(crate) missing: Text,
    pub(crate) not_a_number: With,
    pub(crate) negative: Text,
    pub(crate) zero: Text,
    pub(crate) whole_only: Text,
    pub(crate) decimals_max: Count,
    pub(crate) at_most: With,
    pub(crate) leaves_too_little: WithTwo,
    pub(crate) at_least: With,
    pub(crate) too_much_at_once: Text,
    pub(crate) too_little_at_once: Text,
    pub(crate) changed: Text,
    pub(crate) checkout_open: Text,
    pub(crate) other_method: Text,
    pub(crate) not_online: Text,
}

impl Messages for PayFormMessages {
    const ALL: ByLanguage<&'static Self> = ByLanguage { english: &ENGLISH, french: &FRENCH };
}

const ENGLISH: PayFormMessages = PayFormMessages {
    amount: |currency| format!("Amount to pay ({currency})"),
    range: |least, most| format!("From {least} to {most}; you may pay in parts."),
    button: "Pay now",
    reassurance: "You pay on the secure page of Stripe, our payment provider, and come straight back. We never see your card number.",
    fault_title: "The payment could not start",
    missing: "Enter the amount to pay.",
    not_a_number: |example| format!("Write the amount in figures, such as {example}."),
    negative: "Enter an amount above zero.",
    zero: "Enter an amount above zero.",
    whole_only: "Enter a whole amount: this currency has no decimals.",
    decimals_max: |places| format!("Enter an amount with at most {places} decimals."),
    at_most: |amount| format!("Enter an amount of at most {amount}, which is what can be paid now."),
    leaves_too_little: |all, least| format!("Pay all of {all}, or leave at least {least} for another time."),
    at_least: |amount| format!("Enter an amount of at least {amount}, the least that can be paid online."),
    too_much_at_once: "Our payment provider does not take so much at once. Enter a smaller amount, and pay the rest after that.",
    too_little_at_once: "Our payment provider does not take so little. Enter a larger amount, or write to us.",
    changed: "This invoice has just changed. Check the amount, then try again.",
    checkout_open: "A payment of this invoice is open in another window. Finish it there, or try again in a few minutes.",
    other_method: "Our payment provider does not take this card or account. Try another one.",
    not_online: "This cannot be paid online at the moment. We have been told, and nothing was taken. Please try again later, or write to us.",
};

const FRENCH: PayFormMessages = PayFormMessages {
    amount: |currency| format!("Montant à payer ({currency})"),
    range: |least, most| format!("De {least} à {most}\u{202f}; vous pouvez payer en plusieurs fois."),
    button: "Payer maintenant",
    reassurance: "Vous payez sur la page sécurisée de Stripe, notre prestataire de paiement, puis vous revenez ici. Nous ne voyons jamais votre numéro de carte.",
    fault_title: "Le paiement n’a pas pu commencer",
    missing: "Indiquez le montant à payer.",
    not_a_number: |example| format!("Écrivez le montant en chiffres, par exemple {example}."),
    negative: "Indiquez un montant supérieur à zéro.",
    zero: "Indiquez un montant supérieur à zéro.",
    whole_only: "Indiquez un montant entier\u{a0}: cette monnaie n’a pas de décimales.",
    decimals_max: |places| format!("Indiquez un montant avec {places}\u{a0}décimales au plus."),
    at_most: |amount| {
        format!("Indiquez un montant de {amount} au plus\u{a0}: c’est ce que vous pouvez payer maintenant.")
    },
    leaves_too_little: |all, least| {
        format!("Payez la totalité, soit {all}, ou laissez au moins {least} pour une autre fois.")
    },
    at_least: |amount| format!("Indiquez un montant d’au moins {amount}, le minimum pour payer en ligne."),
    too_much_at_once: "Notre prestataire de paiement ne prend pas autant en une fois. Indiquez un montant plus petit, puis payez le reste.",
    too_little_at_once: "Notre prestataire de paiement ne prend pas si peu. Indiquez un montant plus grand ou écrivez-nous.",
    changed: "Cette facture vient de changer. Vérifiez le montant, puis réessayez.",
    checkout_open: "Un paiement de cette facture est ouvert dans une autre fenêtre. Terminez-le là-bas ou réessayez dans quelques minutes.",
    other_method: "Notre prestataire de paiement n’accepte pas cette carte ou ce compte. Essayez-en un autre.",
    not_online: "Le paiement en ligne n’est pas possible pour le moment. Nous en avons été informés, et aucune somme n’a été prélevée. Réessayez plus tard ou écrivez-nous.",
};
