//! Who is on call: PagerDuty's answers and the organisation's own rota file, kept in the cache, so that the card says who
//! is on at this minute with the network down.
//!
//! [`refresh`] asks PagerDuty for the shifts of every escalation policy in use, two weeks ahead, and for the open
//! incidents; what cannot be had this time leaves what was known. Never imports the interface, and a token goes
//! to the address it is configured for alone.

mod account;
mod answers;
mod error;
mod look_up;
mod pagerduty;
mod refresh;
mod rota;

pub use account::{Account, accounts};
pub use error::OnCallError;
pub use look_up::{Known, look_up};
pub use refresh::{Refreshed, in_use, refresh};
pub use rota::{Rota, RotaError};
