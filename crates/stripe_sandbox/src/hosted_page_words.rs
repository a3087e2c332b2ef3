//! The sentences of the hosted page, in English and in French.

/// Every sentence of the page in one language.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) french: bool,
    pub(super) title: &'static str,
    pub(super) sandbox: &'static str,
    pub(super) total: &'static str,
    pub(super) quantity: &'static str,
    pub(super) try_card: &'static str,
    pub(super) try_iban: &'static str,
    pub(super) contact: &'static str,
    pub(super) email: &'static str,
    pub(super) name: &'static str,
    pub(super) card: &'static str,
    pub(super) card_number: &'static str,
    pub(super) card_expiry: &'static str,
    pub(super) card_cvc: &'static str,
    pub(super) debit: &'static str,
    pub(super) mandate: &'static str,
    pub(super) save: &'static str,
    pub(super) pay: &'static str,
    pub(super) keep: &'static str,
    pub(super) kept: &'static str,
    pub(super) cancel: &'static str,
    pub(super) authentication: &'static str,
    pub(super) authentication_why: &'static str,
    pub(super) authenticate: &'static str,
    pub(super) refuse: &'static str,
    pub(super) paid: &'static str,
    pub(super) processing: &'static str,
    pub(super) expired: &'static str,
    pub(super) unknown: &'static str,
    pub(super) trouble: &'static str,
    pub(super) next_step: &'static str,
    pub(super) go_back: &'static str,
    pub(super) succeeds: &'static str,
    pub(super) debit_fails: &'static str,
    pub(super) later: &'static str,
    pub(super) asks: &'static str,
    pub(super) disputed: &'static str,
}

/// What is wrong with what the customer entered.
#[derive(Clone, Copy, Debug)]
pub(super) enum Complaint {
    NothingEntered,
    BothEntered,
    CardNumber,
    CardExpiry,
    CardExpired,
    CardCvc,
    Iban,
    NotAuthenticated,
}

impl Words {
    pub(super) const ENGLISH: Self = Self {
        french: false,
        title: "Payment",
        sandbox: "Sandbox: no money moves. Only Stripe's published test numbers are accepted.",
        total: "Total",
        quantity: "Quantity",
        try_card: "Fill in a test card",
        try_iban: "Fill in a test account",
        contact: "Contact",
        email: "E-mail (optional here)",
        name: "Name (optional here)",
        card: "Pay by card",
        card_number: "Card number",
        card_expiry: "Expiry (MM/YY)",
        card_cvc: "Security code (CVC)",
        debit: "Or by SEPA direct debit",
        mandate: "By paying you authorise the sandbox to pretend to debit this account.",
        save: "Keep this payment method for next time",
        pay: "Pay",
        keep: "Save this payment method",
        kept: "This payment method is saved. Nothing was charged.",
        cancel: "Cancel and go back",
        authentication: "Your bank asks you to confirm",
        authentication_why: "In the sandbox you are the customer and the bank: decide how it goes.",
        authenticate: "Complete authentication",
        refuse: "Fail authentication",
        paid: "This payment is complete.",
        processing: "This payment is on its way: the bank has been asked and answers later.",
        expired: "This payment session has expired. Nothing was charged.",
        unknown: "There is no such payment session.",
        trouble: "The sandbox could not do this. Nothing was charged.",
        next_step: "Continue",
        go_back: "Go back",
        succeeds: "succeeds",
        debit_fails: "accepted, then refused by the bank",
        later: "after three minutes",
        asks: "asks for authentication",
        disputed: "succeeds and is disputed",
    };

    pub(super) const FRENCH: Self = Self {
        french: true,
        title: "Paiement",
        sandbox: "Bac à sable : aucun argent ne circule. Seuls les numéros de test publiés par Stripe sont acceptés.",
        total: "Total",
        quantity: "Quantité",
        try_card: "Remplir avec une carte de test",
        try_iban: "Remplir avec un compte de test",
        contact: "Coordonnées",
        email: "Adresse électronique (facultative ici)",
        name: "Nom (facultatif ici)",
        card: "Payer par carte",
        card_number: "Numéro de carte",
        card_expiry: "Expiration (MM/AA)",
        card_cvc: "Code de sécurité (CVC)",
        debit: "Ou par prélèvement SEPA",
        mandate: "En payant, vous autorisez le bac à sable à faire semblant de débiter ce compte.",
        save: "Conserver ce moyen de paiement pour la prochaine fois",
        pay: "Payer",
        keep: "Enregistrer ce moyen de paiement",
        kept: "Ce moyen de paiement est enregistré. Rien n'a été débité.",
        cancel: "Annuler et revenir",
        authentication: "Votre banque vous demande de confirmer",
        authentication_why: "Dans le bac à sable, vous êtes à la fois le client et la banque : décidez de la suite.",
        authenticate: "Réussir l'authentification",
        refuse: "Échouer à l'authentification",
        paid: "Ce paiement est terminé.",
        processing: "Ce paiement est en cours : la banque a été sollicitée et répondra plus tard.",
        expired: "Cette session de paiement a expiré. Rien n'a été débité.",
        unknown: "Cette session de paiement n'existe pas.",
        trouble: "Le bac à sable n'a pas pu le faire. Rien n'a été débité.",
        next_step: "Continuer",
        go_back: "Revenir",
        succeeds: "réussit",
        debit_fails: "accepté, puis refusé par la banque",
        later: "au bout de trois minutes",
        asks: "demande une authentification",
        disputed: "réussit puis est contesté",
    };

    /// By the session's locale; if that is `auto` or absent, by the browser's preference.
    pub(super) fn choose(locale: Option<&str>, accept_language: &str) -> &'static Self {
        let french = match locale {
            None | Some("auto") => prefers_french(accept_language),
            Some(locale) => locale.starts_with("fr"),
        };
        if french { &Self::FRENCH } else { &Self::ENGLISH }
    }

    pub(super) fn complaint(&self, complaint: Complaint) -> &'static str {
        let (english, french) = match complaint {
            Complaint::NothingEntered => {
                ("Enter a card number or an IBAN.", "Saisissez un numéro de carte ou un IBAN.")
            }
            Complaint::BothEntered => (
                "Enter either a card number or an IBAN, not both.",
                "Saisissez soit un numéro de carte, soit un IBAN, pas les deux.",
            ),
            Complaint::CardNumber => ("Your card number is invalid.", "Le numéro de carte n'est pas valide."),
            Complaint::CardExpiry => {
                ("Your card's expiry date is incomplete.", "La date d'expiration de la carte est incomplète.")
            }
            Complaint::CardExpired => {
                ("Your card's expiry date is in the past.", "La date d'expiration de la carte est passée.")
            }
            Complaint::CardCvc => {
                ("Your card's security code is incomplete.", "Le code de sécurité de la carte est incomplet.")
            }
            Complaint::Iban => (
                "This is not an IBAN the sandbox can debit: use one of Stripe's test accounts.",
                "Le bac à sable ne peut pas débiter cet IBAN : utilisez un compte de test de Stripe.",
            ),
            Complaint::NotAuthenticated => (
                "Your bank could not authenticate you. Choose another way to pay and try again.",
                "Votre banque n'a pas pu vous authentifier. Choisissez un autre moyen de paiement et réessayez.",
            ),
        };
        if self.french { french } else { english }
    }

    pub(super) fn decline(&self, decline_code: &str) -> &'static str {
        let (english, french) = match decline_code {
            "insufficient_funds" => (
                "Your card has insufficient funds. Try another card.",
                "Les fonds disponibles sur la carte sont insuffisants. Essayez une autre carte.",
            ),
            "expired_card" => {
                ("Your card has expired. Try another card.", "Votre carte a expiré. Essayez une autre carte.")
            }
            "incorrect_cvc" => {
                ("Your card's security code is incorrect.", "Le code de sécurité de la carte est incorrect.")
            }
            "processing_error" => (
                "An error occurred while processing your card. Try again in a moment.",
                "Une erreur est survenue pendant le traitement de la carte. Réessayez dans un instant.",
            ),
            "test_mode_live_card" => (
                "Your card was declined: the sandbox takes only Stripe's test cards.",
                "Votre carte a été refusée : le bac à sable n'accepte que les cartes de test de Stripe.",
            ),
            _ => ("Your card was declined. Try another card.", "Votre carte a été refusée. Essayez une autre carte."),
        };
        if self.french { french } else { english }
    }
}

/// Whether French comes before English among the languages of an `Accept-Language` header.
fn prefers_french(accept_language: &str) -> bool {
    let weight = |language: &str| {
        let entries = accept_language.split(',').enumerate();
        entries
            .filter_map(|(place, entry)| {
                let (tag, quality) = entry.split_once(';').unwrap_or((entry, "q=1"));
                let tag = tag.trim().to_ascii_lowercase();
                let named = tag.split('-').next() == Some(language);
                named.then(|| (thousandths(quality), std::cmp::Reverse(place)))
            })
            .max()
    };
    weight("fr").is_some_and(|(quality, _)| quality > 0) && weight("fr") > weight("en")
}

/// The weight as thousandths: `q=0.8` is 800.
fn thousandths(quality: &str) -> u32 {
    let digits = quality.trim().strip_prefix("q=").unwrap_or("1");
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction: u32 = format!("{fraction:0<3}").get(..3).and_then(|digits| digits.parse().ok()).unwrap_or(0);
    whole.parse::<u32>().unwrap_or(1).saturating_mul(1000).saturating_add(fraction).min(1000)
}
