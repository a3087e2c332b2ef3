//! Which address the process may listen on.

use std::net::SocketAddr;

use crate::options::{Options, Reach};

/// Why an address is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExposureError {
    #[error(
        "other machines can reach {0}: listen on 127.0.0.1, or say --expose-to-network if that is what you want. \
         Nothing under /dev is served there then, so it needs an account at Stripe (STRIPE_SECRET_KEY and \
         STRIPE_WEBHOOK_SECRET)"
    )]
    NotAllowed(SocketAddr),
    #[error(
        "--expose-to-network needs an account at Stripe: set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET. The sandbox in \
         its place is for this machine only, because whoever reaches it can pay invoices without money"
    )]
    NoAccount,
    #[error("{0} is no address that a customer could follow: give --addr the address of one network interface")]
    Unspecified(SocketAddr),
}

/// Refuses an address that other machines reach, unless that was asked for and there is a real processor.
pub(crate) fn check(options: &Options) -> Result<(), ExposureError> {
    if options.address.ip().is_loopback() {
        return Ok(());
    }
    if options.reach == Reach::ThisMachine {
        return Err(ExposureError::NotAllowed(options.address));
    }
    if options.stripe.is_none() {
        return Err(ExposureError::NoAccount);
    }
    if options.address.ip().is_unspecified() {
        // The address becomes part of every pay link.
        return Err(ExposureError::Unspecified(options.address));
    }
    Ok(())
}
