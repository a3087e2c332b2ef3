//! Invoices, in words: one of them whole, and the list.

use crate::messages::{ByLanguage, Count, Messages, Text, With, WithTwo};

/// An invoice, and the list of them.
#[derive(Debug)]
pub(crate) struct InvoiceMessages {
    pub(crate) list_title: Text,
    pub(crate) heading: With,
    pub(crate) due_on: With,
    pub(crate) was_due_on: With,
    /// An amount and a date.
    pub(crate) part_due_on: WithTwo,
    /// An amount and a date.
    pub(crate) part_was_due_on: WithTwo,
    pub(crate) to_pay: Text,
    pub(crate) partly_paid: Text,
    pub(crate) processing: Text,
    pub(crate) in_question: Text,
    pub(crate) overdue: Count,
    pub(crate) paid: Text,
    pub(crate) summary: Text,
    pub(crate) issued_label: Text,
    pub(crate) due_label: Text,
    pub(crate) order_label: Text,
    pub(crate) lines: Text,
    pub(crate) description: Text,
    pub(crate) quantity: Text,
    pub(crate) unit_price: Text,
    pub(crate) tax_rate: Text,
    pub(crate) net: Text,
    pub(crate) net_total: Text,
    pub(crate) tax_at: With,
    pub(crate) total: Text,
    pub(crate) paid_so_far: Text,
    pub(crate) pending: Text,
    pub(crate) disputed: Text,
    pub(crate) questioned: Text,
    pub(crate) written_off: Text,
    pub(crate) charged_back: Text,
    pub(crate) open: Text,
    pub(crate) number_column: Text,
    pub(crate) due_column: Text,
    pub(crate) status_column: Text,
    pub(crate) total_column: Text,
    pub(crate) pay_column: Text,
    pub(crate) pay: Text,
    pub(crate) pay_named: With,
    pub(crate) more: Text,
    pub(crate) first: Text,
    pub(crate) none: Text,
    pub(crate) notices: Notices,
}

/// What there is to know before paying, or in place of paying.
#[derive(Debug)]
pub(crate) struct Notices {
    pub(crate) paid_on: With,
    pub(crate) paid: Text,
    pub(crate) all_pending: With,
    pub(crate) part_pending: With,
    pub(crate) disputed: With,
    pub(crate) questioned: With,
    pub(crate) written_off: With,
    pub(crate) charged_back: With,
    pub(crate) unchargeable_remainder: With,
    pub(crate) only_unchargeable: With,
    pub(crate) below_minimum: WithTwo,
    pub(crate) other_currency: With,
}

impl Messages for InvoiceMessages {
    const ALL: ByLanguage<&'static Self> = ByLanguage { english: &ENGLISH, french: &FRENCH };
}

const ENGLISH: InvoiceMessages = InvoiceMessages {
    list_title: "Invoices",
    heading: |number| format!("Invoice {number}"),
    due_on: |date| format!("Due {date}"),
    was_due_on: |date| format!("Was due {date}"),
    part_due_on: |amount, date| format!("{amount} of it due {date}"),
    part_was_due_on: |amount, date| format!("{amount} of it was due {date}"),
    to_pay: "To pay",
    partly_paid: "Partly paid",
    processing: "Payment on its way",
    in_question: "We are looking at it",
    overdue: |days| match days {
        1 => "1 day overdue".to_owned(),
        _ => format!("{days} days overdue"),
    },
    paid: "Paid",
    summary: "Summary",
    issued_label: "Date of issue",
    due_label: "Due date",
    order_label: "Your order",
    lines: "What the invoice is for",
    description: "Description",
    quantity: "Quantity",
    unit_price: "Unit price",
    tax_rate: "Tax",
    net: "Before tax",
    net_total: "Total before tax",
    tax_at: |rate| format!("Tax at {rate}"),
    total: "Total",
    paid_so_far: "Paid so far",
    pending: "On its way",
    disputed: "Contested",
    questioned: "Being looked at",
    written_off: "Written off",
    charged_back: "Taken back by your bank",
    open: "Still to pay",
    number_column: "Invoice",
    due_column: "Due",
    status_column: "Status",
    total_column: "Total",
    pay_column: "Pay",
    pay: "Pay",
    pay_named: |number| format!("Pay invoice {number}"),
    more: "More invoices",
    first: "Back to the first invoices",
    none: "You have no invoice yet.",
    notices: Notices {
        paid_on: |date| format!("Paid on {date}. Thank you."),
        paid: "This invoice is paid. Thank you.",
        all_pending: |amount| {
            format!(
                "Your payment of {amount} is on its way, which can take several days. There is nothing else to pay here. A bank transfer is complete when the whole amount has arrived."
            )
        },
        part_pending: |amount| format!("A payment of {amount} is on its way. You can pay the rest here."),
        disputed: |amount| format!("You contest {amount} of this invoice. You need not pay that part for now."),
        questioned: |amount| {
            format!(
                "We refunded {amount} that had been paid on this invoice, and are looking at it. You need not pay that part for now."
            )
        },
        written_off: |amount| format!("We no longer ask for {amount} of this invoice."),
        charged_back: |amount| {
            format!("Your bank took back {amount} that had been paid on this invoice, so that it is to be paid again.")
        },
        unchargeable_remainder: |amount| {
            format!("The last {amount} cannot be paid online: our payment provider does not take such small fractions.")
        },
        only_unchargeable: |rest| {
            format!(
                "What is left, {rest}, cannot be paid online: our payment provider does not take such small fractions. Nothing more is asked of you here."
            )
        },
        below_minimum: |rest, least| {
            format!(
                "What is left, {rest}, cannot be paid online: the smallest amount is {least}. If you would like to pay it, please write to us."
            )
        },
        other_currency: |currency| {
            format!("Invoices in {currency} cannot be paid online. Please write to us about how to pay.")
        },
    },
};

const FRENCH: InvoiceMessages = InvoiceMessages {
    list_title: "Factures",
    heading: |number| format!("Facture {number}"),
    due_on: |date| format!("À payer au plus tard le {date}"),
    was_due_on: |date| format!("Échue le {date}"),
    part_due_on: |amount, date| format!("Dont {amount} à payer au plus tard le {date}"),
    part_was_due_on: |amount, date| format!("Dont {amount} à payer depuis le {date}"),
    to_pay: "À payer",
    partly_paid: "Payée en partie",
    processing: "Paiement en cours",
    in_question: "En cours d’examen",
    overdue: |days| match days {
        1 => "En retard d’un jour".to_owned(),
        _ => format!("En retard de {days}\u{a0}jours"),
    },
    paid: "Payée",
    summary: "Récapitulatif",
    issued_label: "Date d’émission",
    due_label: "Échéance",
    order_label: "Votre commande",
    lines: "Détail de la facture",
    description: "Désignation",
    quantity: "Quantité",
    unit_price: "Prix unitaire",
    tax_rate: "Taxe",
    net: "Hors taxes",
    net_total: "Total hors taxes",
    tax_at: |rate| format!("Taxe à {rate}"),
    total: "Total",
    paid_so_far: "Déjà payé",
    pending: "En cours de paiement",
    disputed: "Contesté",
    questioned: "En cours d’examen",
    written_off: "Passé en perte",
    charged_back: "Repris par votre banque",
    open: "Reste à payer",
    number_column: "Facture",
    due_column: "Échéance",
    status_column: "État",
    total_column: "Total",
    pay_column: "Paiement",
    pay: "Payer",
    pay_named: |number| format!("Payer la facture {number}"),
    more: "Factures suivantes",
    first: "Revenir aux premières factures",
    none: "Vous n’avez pas encore de facture.",
    notices: Notices {
        paid_on: |date| format!("Payée le {date}. Merci."),
        paid: "Cette facture est payée. Merci.",
        all_pending: |amount| {
            format!(
                "Votre paiement de {amount} est en cours, ce qui peut prendre plusieurs jours. Il n’y a rien d’autre à payer ici. Un virement est complet quand toute la somme est arrivée."
            )
        },
        part_pending: |amount| format!("Un paiement de {amount} est en cours. Vous pouvez payer le reste ici."),
        disputed: |amount| {
            format!("Vous contestez {amount} de cette facture. Vous n’avez pas à payer cette part pour le moment.")
        },
        questioned: |amount| {
            format!(
                "Nous avons remboursé {amount} déjà payés sur cette facture et examinons ce montant. Vous n’avez pas à payer cette part pour le moment."
            )
        },
        written_off: |amount| format!("Nous ne demandons plus {amount} sur cette facture."),
        charged_back: |amount| {
            format!(
                "Votre banque a repris {amount} déjà payés sur cette facture\u{202f}; ce montant est de nouveau à payer."
            )
        },
        unchargeable_remainder: |amount| {
            format!(
                "Les derniers {amount} ne peuvent pas être payés en ligne\u{a0}: notre prestataire de paiement ne prend pas de si petites fractions."
            )
        },
        only_unchargeable: |rest| {
            format!(
                "Le reste, soit {rest}, ne peut pas être payé en ligne\u{a0}: notre prestataire de paiement ne prend pas de si petites fractions. Rien d’autre ne vous est demandé ici."
            )
        },
        below_minimum: |rest, least| {
            format!(
                "Le reste, soit {rest}, ne peut pas être payé en ligne\u{a0}: le plus petit montant est de {least}. Si vous souhaitez le régler, écrivez-nous."
            )
        },
        other_currency: |currency| {
            format!(
                "Les factures en {currency} ne peuvent pas être payées en ligne. Écrivez-nous pour savoir comment payer."
            )
        },
    },
};
