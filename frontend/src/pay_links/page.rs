//! In place of an invoice, where a pay link is unknown, expired or taken back: one and the same page.

use super::messages::PayLinkMessages;
use crate::components::Body;
use crate::localizer::Localizer;
use crate::sign_in::page::email_page;

pub(crate) fn pay_link_closed_page(localizer: Localizer) -> Body {
    let messages = localizer.messages::<PayLinkMessages>();
    email_page(localizer, messages.title, messages.text, None, None)
}
