//! What went wrong and what to do now, in words.

use crate::messages::{ByLanguage, Messages, Text};

/// A title and a text for each thing that can go wrong.
#[derive(Debug)]
pub(crate) struct ErrorMessages {
    pub(crate) not_found: Text,
    pub(crate) not_found_text: Text,
    pub(crate) cross_site: Text,
    pub(crate) cross_site_text: Text,
    pub(crate) method: Text,
    pub(crate) method_text: Text,
    pub(crate) too_large: Text,
    pub(crate) too_large_text: Text,
    pub(crate) unreadable: Text,
    pub(crate) unreadable_text: Text,
    pub(crate) unavailable: Text,
    pub(crate) unavailable_text: Text,
    pub(crate) defect: Text,
    pub(crate) defect_text: Text,
    pub(crate) home: Text,
}

impl Messages for ErrorMessages {
    const ALL: ByLanguage<&'static Self> = ByLanguage { english: &ENGLISH, french: &FRENCH };
}

const ENGLISH: ErrorMessages = ErrorMessages {
    not_found: "There is nothing here",
    not_found_text: "Check the address, or open the link in your message again.",
    cross_site: "This came from another website",
    cross_site_text: "For your safety nothing was done. Open the page here and try again.",
    method: "This does not work that way",
    method_text: "Open the page again and use its buttons.",
    too_large: "That was too much at once",
    too_large_text: "Go back and send less.",
    unreadable: "We could not read that",
    unreadable_text: "Go back, check what you entered and try again.",
    unavailable: "This page is not available for a moment",
    unavailable_text: "Please try again in a minute.",
    defect: "Something went wrong on our side",
    defect_text: "It has been recorded. Please try again, or write to us if it happens again.",
    home: "Go to your account",
};

const FRENCH: ErrorMessages = ErrorMessages {
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
    unavailable: "Cette page est momentanément indisponible",
    unavailable_text: "Veuillez réessayer dans une minute.",
    defect: "Une erreur s’est produite de notre côté",
    defect_text: "Elle a été enregistrée. Réessayez, ou écrivez-nous si elle se reproduit.",
    home: "Aller à votre compte",
};
