//! When a source is read again: Backstage's schedule definitions.
//!
//! Pure: no clock of its own. Sources: `SchedulerServiceTaskScheduleDefinitionConfig` and `HumanDuration`.

use std::time::Duration;

/// `schedule` of a provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// How often.
    pub frequency: Frequency,
    /// How long one run may take.
    pub timeout: Option<Duration>,
    /// How long to wait before the first run.
    pub initial_delay: Option<Duration>,
}

/// `frequency` of a schedule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Frequency {
    /// A fixed time after the last run began.
    Every(Duration),
    /// A crontab line of five fields (minute first) or six (second first), in local time.
    Cron(String),
    /// Only when a person asks for it.
    Manual,
}
