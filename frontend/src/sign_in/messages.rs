//! Signing in, in words.

use crate::messages::{ByLanguage, Messages, Text, With};

/// The pages of signing in.
#[derive(Debug)]
pub(crate) struct SignInMessages {
    pub(crate) title: Text,
    pub(crate) intro: Text,
    pub(crate) email: Text,
    pub(crate) send: Text,
    pub(crate) email_missing: Text,
    pub(crate) email_unreadable: Text,
    pub(crate) sent: Text,
    pub(crate) sent_text: With,
    pub(crate) sent_hint: Text,
    pub(crate) code: Text,
    pub(crate) button: Text,
    pub(crate) code_wrong: Text,
    pub(crate) another: Text,
    pub(crate) confirm: With,
    pub(crate) confirm_text: Text,
    pub(crate) link_spent: Text,
    pub(crate) link_spent_text: Text,
}

impl Messages for SignInMessages {
    const ALL: ByLanguage<&'static Self> = ByLanguage { english: &ENGLISH, french: &FRENCH };
}

const ENGLISH: SignInMessages = SignInMessages {
    title: "Sign in",
    intro: "Enter your e-mail address and we will send you a link and a code. There is no password.",
    email: "E-mail address",
    send: "Send me a link",
    email_missing: "Enter your e-mail address.",
    email_unreadable: "Enter an e-mail address such as name@example.com.",
    sent: "Check your e-mail",
    sent_text: |email| {
        format!(
            "If {email} is the address of a customer, a message with a link and a 6-digit code is on its way to it."
        )
    },
    sent_hint: "Both work for 15 minutes. If nothing comes, look among unwanted mail or try your other addresses.",
    code: "6-digit code",
    button: "Sign in",
    code_wrong: "This code is wrong or no longer works. Check it, or ask for a new message.",
    another: "Ask for a new message",
    confirm: |business| format!("Sign in to {business}"),
    confirm_text: "Press the button to see your account on this device.",
    link_spent: "This link no longer works",
    link_spent_text: "A sign-in link works once, for 15 minutes. Enter your e-mail address to get a new one.",
};

const FRENCH: SignInMessages = SignInMessages {
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
};
