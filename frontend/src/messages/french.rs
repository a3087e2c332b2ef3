//! Français.
//!
//! The reader is addressed as *vous*. Apostrophes are curly; before `:` stands a no-break space, before `;` `!` `?` a narrow
//! one, written as escapes because they cannot be seen.

use super::{Account, Declines, Invoice, Pay, Payment, Shell, SignIn, Statement, Trouble, Words};

/// The catalogue in French.
pub(crate) const FRENCH: Words = Words {
    shell: Shell {
        description: "Vos factures, vos paiements et votre relevé\u{a0}: voyez ce qui reste dû, et payez-le.",
        skip: "Aller au contenu",
        language: "Langue",
        navigation: "Votre compte",
        overview: "Aperçu",
        invoices: "Factures",
        statement: "Relevé",
        sign_out: "Déconnexion",
        questions: "Une question\u{202f}? Écrivez à",
    },
    invoice: Invoice {
        heading: |number| format!("Facture {number}"),
        due_on: |date| format!("À payer au plus tard le {date}"),
        was_due_on: |date| format!("Échue le {date}"),
        to_pay: "À payer",
        partly_paid: "Payée en partie",
        processing: "Paiement en cours",
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
    },
    pay: Pay {
        amount: |currency| format!("Montant à payer ({currency})"),
        range: |least, most| format!("De {least} à {most}\u{202f}; vous pouvez payer en plusieurs fois."),
        button: "Payer maintenant",
        reassurance: "Vous payez sur la page sécurisée de Stripe, notre prestataire de paiement, puis vous revenez ici. Nous ne voyons jamais votre numéro de carte.",
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
        only_crumbs: |rest| {
            format!(
                "Le reste, soit {rest}, ne peut pas être payé en ligne\u{a0}: notre prestataire de paiement ne prend pas de si petites fractions. Rien d’autre ne vous est demandé ici."
            )
        },
        too_small: |rest, least| {
            format!(
                "Le reste, soit {rest}, ne peut pas être payé en ligne\u{a0}: le plus petit montant est de {least}. Si vous souhaitez le régler, écrivez-nous."
            )
        },
        other_currency: |currency| {
            format!(
                "Les factures en {currency} ne peuvent pas être payées en ligne. Écrivez-nous pour savoir comment payer."
            )
        },
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
    },
    payment: Payment {
        started: "Ce paiement n’est pas terminé",
        started_text: |amount| format!("Vous pouvez encore payer {amount} sur la page de paiement."),
        closed_text: |amount| format!("La page pour payer {amount} est fermée. Aucune somme n’a été prélevée."),
        just_paid: "Si vous venez de payer, cela s’affichera ici dans un instant.",
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
                "{arrived} sur {amount} sont arrivés. Merci de virer le reste sur le même compte avec la même référence : le paiement sera complet quand tout sera là."
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
        date_column: "Date",
        amount_column: "Montant",
        status_column: "État",
        state_started: "Non terminé",
        state_needs_action: "En attente de votre part",
        state_processing: "En cours",
        state_settled: "Reçu",
        state_failed: "Non abouti",
        state_cancelled: "Annulé",
    },
    sign_in: SignIn {
        title: "Se connecter",
        intro: "Indiquez votre adresse e-mail et nous vous enverrons un lien et un code. Il n’y a pas de mot de passe.",
        email: "Adresse e-mail",
        send: "Recevoir un lien",
        email_missing: "Indiquez votre adresse e-mail.",
        email_unreadable: "Indiquez une adresse e-mail comme nom@exemple.com.",
        sent: "Consultez votre messagerie",
        sent_text: |email| {
            format!(
                "Si {email} est l’adresse d’un client, un message avec un lien et un code à 6\u{a0}chiffres lui est envoyé."
            )
        },
        sent_hint: "Les deux sont valables 15\u{a0}minutes. Si rien n’arrive, regardez parmi les indésirables ou essayez vos autres adresses.",
        code: "Code à 6\u{a0}chiffres",
        button: "Se connecter",
        code_wrong: "Ce code est erroné ou n’est plus valable. Vérifiez-le ou demandez un nouveau message.",
        another: "Demander un nouveau message",
        confirm: |business| format!("Se connecter à {business}"),
        confirm_text: "Appuyez sur le bouton pour voir votre compte sur cet appareil.",
        link_spent: "Ce lien n’est plus valable",
        link_spent_text: "Un lien de connexion sert une seule fois, pendant 15\u{a0}minutes. Indiquez votre adresse e-mail pour en recevoir un nouveau.",
        pay_link_closed: "Ce lien n’ouvre aucune facture",
        pay_link_closed_text: "Il a peut-être expiré, été remplacé ou été copié en partie. Indiquez l’adresse e-mail à laquelle vos factures sont envoyées et nous vous enverrons un nouveau lien.",
        fault_title: "Il reste une chose à corriger",
    },
    account: Account {
        title: "Votre compte",
        owed: "Vous devez",
        in_favour: "En votre faveur",
        nothing_owed: "Rien à payer",
        overdue: "En retard",
        pending: "En cours de paiement",
        disputed: "Contesté",
        unapplied: "À votre crédit",
        open_invoices: "Factures ouvertes",
        no_open_invoices: "Vous n’avez aucune facture ouverte. Merci.",
        all_invoices: "Toutes les factures",
        payments: "Derniers paiements",
        no_payments: "Vous n’avez encore rien payé ici.",
    },
    statement: Statement {
        title: "Relevé de compte",
        period: |from, to| format!("Du {from} au {to}"),
        period_form: "Période",
        from: "Du",
        to: "Au",
        show: "Afficher",
        csv: "Télécharger en CSV",
        kind: "Contenu",
        balance_forward: "Opérations",
        open_item: "Factures ouvertes",
        as_of: "Situation au",
        as_of_hint: "Laissé vide\u{a0}: la situation est celle du dernier jour. Les factures ouvertes sont celles de ce jour.",
        not_a_date: "Choisissez une date.",
        from_after_to: "Choisissez un premier jour qui ne suit pas le dernier.",
        too_long: "Choisissez dix ans au plus.",
        as_of_ahead: "Choisissez aujourd’hui ou un jour passé.",
        as_of_before_from: "Choisissez un jour qui ne précède pas le premier.",
        no_kind: "Choisissez ce qui doit être affiché.",
        no_place: "Cette page du relevé n’existe pas. Voici la première.",
        caption: |currency| format!("Opérations ({currency})"),
        date_column: "Date",
        what_column: "Opération",
        change_column: "Montant",
        balance_column: "Solde",
        opening: "Solde initial",
        closing: "Solde final",
        brought_forward: "Solde reporté",
        carried_forward: "Solde à reporter",
        earlier: "Opérations précédentes",
        more_items: "Autres factures ouvertes",
        first_page: "Retour à la première page",
        open_on: |date| format!("Factures ouvertes au {date}"),
        open_caption: |currency| format!("Factures ouvertes ({currency})"),
        number_column: "Facture",
        due_column: "Échéance",
        open_column: "Ouvert",
        nothing_open: "Rien n’est ouvert ici.",
        charged_back: |amount| format!("Repris par votre banque\u{a0}: {amount}"),
        written_off: |amount| format!("Passé en perte\u{a0}: {amount}"),
        invoice_issued: |numbers| format!("Facture {numbers}"),
        payment_applied: |numbers| format!("Paiement\u{a0}: {numbers}"),
        payment_reversed: |numbers| format!("Paiement repris\u{a0}: {numbers}"),
        payment_refunded: |numbers| format!("Remboursement\u{a0}: {numbers}"),
        payment_charged_back: |numbers| format!("Paiement rejeté par la banque\u{a0}: {numbers}"),
        cash_moved: |numbers| format!("Paiement réaffecté\u{a0}: {numbers}"),
        payment_handed_over: "Paiement qui n’était pas pour ce compte",
        credit_note_issued: |numbers| format!("Avoir\u{a0}: {numbers}"),
        credit_note_moved: |numbers| format!("Avoir réaffecté\u{a0}: {numbers}"),
        invoice_written_off: |numbers| format!("Passé en perte\u{a0}: {numbers}"),
        write_off_reversed: |numbers| format!("Perte annulée\u{a0}: {numbers}"),
        on_account: "à votre crédit",
        nothing: "Aucune opération pendant cette période.",
        as_of_date: |date| format!("Situation au {date}"),
        past_hint: "Pour un jour passé, on ne sait pas ce qui était en cours de paiement ou contesté.",
        ageing: |currency| format!("Montants ouverts par jours de retard ({currency})"),
        days_column: "Jours de retard",
        not_overdue: "Aucun retard",
        days_range: |from, to| format!("{from} à {to}\u{a0}jours"),
        days_over: |days| format!("{days}\u{a0}jours ou plus"),
        amount_column: "Montant",
        empty: "Il n’y a encore rien sur votre compte.",
    },
    trouble: Trouble {
        not_found: "Il n’y a rien ici",
        not_found_text: "Vérifiez l’adresse ou rouvrez le lien de votre message.",
        cross_site: "Cette demande vient d’un autre site",
        cross_site_text: "Pour votre sécurité, rien n’a été fait. Ouvrez la page ici et réessayez.",
        method: "Cela ne fonctionne pas ainsi",
        method_text: "Rouvrez la page et utilisez ses boutons.",
        too_large: "C’était trop à la fois",
        too_large_text: "Revenez en arrière et envoyez moins.",
        unreadable: "Nous n’avons pas pu lire cet envoi",
        unreadable_text: "Revenez en arrière, vérifiez votre saisie et réessayez.",
        unavailable: "Nous sommes injoignables un instant",
        unavailable_text: "Veuillez réessayer dans une minute.",
        defect: "Une erreur s’est produite de notre côté",
        defect_text: "Elle a été enregistrée. Réessayez, ou écrivez-nous si elle se reproduit.",
        home: "Aller à votre compte",
    },
};
