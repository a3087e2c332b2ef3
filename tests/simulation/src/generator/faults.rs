//! The faults of a world. They are drawn from numbers of their own, so that the rest of the story is the same without them.

use fault_injection::Random;
use local_aws::mailbox::Condition as MailCondition;
use local_aws::table::faults::Refusal;
use stripe_sandbox::Condition as StripeCondition;

use super::Generator;
use crate::faults::{Disturbance, Fault, REFUSALS};
use crate::steps::Step;

/// Sets the numbers of the faults apart from those of the story.
const APART: u64 = 0xfa01_7000;

/// What can go wrong once, besides what is wrong from the beginning.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Incident {
    Refusals,
    EndedWorker,
    EndedTimer,
    TwoTimers,
    /// A worker is switched off and on again, and nothing is lost.
    WorkerOff,
    /// The same, and what came meanwhile is gone.
    Gap,
    PutAside,
    /// The post is in trouble for hours.
    Mail,
    /// The provider is in trouble for hours.
    Stripe,
    /// Refusals that last until a person acts.
    LastingRefusals,
}

/// The incidents that worlds draw, as often as they are listed.
const INCIDENTS: [Incident; 24] = [
    Incident::Refusals,
    Incident::Refusals,
    Incident::Refusals,
    Incident::Refusals,
    Incident::Refusals,
    Incident::Refusals,
    Incident::Refusals,
    Incident::Refusals,
    Incident::LastingRefusals,
    Incident::EndedWorker,
    Incident::EndedWorker,
    Incident::EndedTimer,
    Incident::EndedTimer,
    Incident::TwoTimers,
    Incident::TwoTimers,
    Incident::WorkerOff,
    Incident::Gap,
    Incident::Gap,
    Incident::PutAside,
    Incident::Mail,
    Incident::Mail,
    Incident::Stripe,
    Incident::Stripe,
    Incident::Stripe,
];

/// How faults are drawn in a world that has them.
pub(super) struct Faults {
    random: Random,
    /// The worker that is switched off: of the inbox's stream or of the core table's; and whether what comes is lost.
    off: Option<(bool, bool)>,
}

impl Faults {
    /// Half of all worlds have faults.
    pub(super) fn of_seed(seed: u64) -> Option<Self> {
        let mut random = Random::new(seed ^ APART);
        random.percent(50).then_some(Self { random, off: None })
    }

    /// What is wrong from the beginning.
    fn surroundings(&mut self) -> Vec<Fault> {
        let random = &mut self.random;
        let mut faults = Vec::new();
        if random.percent(70) {
            faults.push(Fault::Lag { writes: random.one(&[3, 10, 40, 200]) });
        }
        if random.percent(60) {
            faults.push(Fault::Pages { items: random.one(&[1, 2, 3, 7]) });
        }
        if random.percent(50) {
            faults.push(Fault::Tear { percent: random.one(&[30, 60]), reads: random.one(&[1, 2, 3]) });
        }
        if random.percent(30) {
            faults.push(Fault::Slow { percent: random.one(&[5, 20]) });
        }
        for how in Disturbance::ALL {
            if random.percent(30) {
                faults.push(Fault::Disturb { how, percent: random.one(&[10, 30]) });
            }
        }
        if random.percent(60) {
            faults.push(Fault::Mail { condition: random.one(&MailCondition::ALL), hours: random.one(&[30, 100, 200]) });
        }
        if random.percent(25) {
            // Batches are few, so that a refusal of them is planned before anything else is.
            faults.push(Fault::Refuse { after: 0, calls: 12, refusal: Refusal::LeftOver });
        }
        faults
    }

    /// What goes wrong once, if anything does.
    fn incident(&mut self) -> Option<Fault> {
        if let Some((of_inbox, lost)) = self.off.filter(|_| self.random.percent(40)) {
            self.off = None;
            return Some(Fault::WorkerOn { of_inbox, lost });
        }
        if !self.random.percent(50) {
            return None;
        }
        let random = &mut self.random;
        Some(match random.one(&INCIDENTS) {
            Incident::Refusals => {
                let (after, calls) = (random.below(3), random.one(&[1, 1, 2, 3, 12]));
                Fault::Refuse { after, calls, refusal: random.one(&REFUSALS) }
            }
            Incident::EndedWorker => Fault::EndWorker { after: random.below(12), carried_out: random.percent(50) },
            Incident::EndedTimer => Fault::EndTimer { after: random.below(70), carried_out: random.percent(50) },
            Incident::TwoTimers => Fault::TwoTimers,
            incident @ (Incident::WorkerOff | Incident::Gap) => {
                let of_inbox = random.percent(50);
                self.off = Some((of_inbox, incident == Incident::Gap));
                Fault::WorkerOff { of_inbox }
            }
            Incident::PutAside => Fault::PutAside { of_inbox: random.percent(50), records: random.one(&[1, 2, 5]) },
            Incident::Mail => {
                Fault::Mail { condition: random.one(&MailCondition::ALL), hours: random.one(&[30, 100, 200]) }
            }
            Incident::Stripe => {
                Fault::Stripe { condition: random.one(&StripeCondition::ALL), hours: random.one(&[1, 6, 30]) }
            }
            Incident::LastingRefusals => {
                let refusal = random.one(&[Refusal::Denied, Refusal::NoTable]);
                Fault::Refuse { after: random.below(12), calls: 12, refusal }
            }
        })
    }
}

impl Generator {
    pub(super) fn surroundings(&mut self) {
        let faults = self.faults.as_mut().map(Faults::surroundings).unwrap_or_default();
        self.steps.extend(faults.into_iter().map(Step::Fault));
    }

    pub(super) fn incident(&mut self) {
        let fault = self.faults.as_mut().and_then(Faults::incident);
        self.steps.extend(fault.map(Step::Fault));
    }
}
