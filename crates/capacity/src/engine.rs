//! The simulation: one queue, its workers, and who asks.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use crate::{
    Arrivals, ClassOutcome, Mix, Outcome, Random, ServiceTime, Time,
    admission::{Admission, AdmissionRule, Queue, Refusal},
    arrivals::Source,
    fair_queue::FairQueue,
};

/// How requests come.
#[derive(Clone, Debug, PartialEq)]
pub enum Load {
    /// Whatever becomes of those before.
    Open {
        /// When.
        arrivals: Arrivals,
        /// No more come after so many seconds; all that were taken end.
        seconds: f64,
    },
    /// So many clients with one request each under way, each followed by the next at once.
    Closed {
        /// How many.
        in_flight: u32,
        /// Requests, in all.
        requests: u64,
    },
}

/// One run.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// The same seed is the same run.
    pub seed: u64,
    /// How requests come.
    pub load: Load,
    /// Whose they are; of a closed load, each is of its own client.
    pub mix: Mix,
    /// Clients of these classes come back once when they are refused, after what they were told, if that is before the
    /// end.
    pub returning: Vec<usize>,
    /// Clients wait in their request (`Prefer: wait`), and go up to eight rounds earlier.
    pub impatient: bool,
    /// Who is taken.
    pub admission: AdmissionRule,
    /// Workers.
    pub workers: u32,
    /// What one takes for one job.
    pub service: ServiceTime,
    /// What the estimate takes a proof for, in seconds: provers report `bb`'s time, without the rest.
    pub reported: f64,
    /// Requests that come before are served and not counted, in seconds.
    pub warm_up: f64,
}

impl Simulation {
    /// A queue that takes everybody, from an empty start: what formulas describe.
    pub fn plain(seed: u64, load: Load, workers: u32, service: ServiceTime) -> Self {
        Self {
            seed,
            load,
            mix: Mix::Crowd { clients: 1 },
            returning: vec![],
            impatient: true,
            admission: AdmissionRule::ALL,
            workers,
            service,
            reported: service.mean(),
            warm_up: 0.0,
        }
    }

    /// Runs it to its end.
    pub fn run(&self) -> Outcome {
        Run::new(self).finish()
    }
}

#[derive(Clone, Copy)]
struct Request {
    at: Time,
    client: u32,
    returned: bool,
    counted: bool,
}

enum Event {
    Arrives(Request),
    Ends(Request),
}

struct Run<'a> {
    of: &'a Simulation,
    random: Random,
    source: Option<Source>,
    sent: u64,
    admission: Admission,
    queue: FairQueue<Request>,
    worked_on: u64,
    now: Time,
    // Equal times are in the order in which they were planned.
    agenda: BinaryHeap<Reverse<(Time, u64)>>,
    planned: BTreeMap<u64, Event>,
    plans: u64,
    outcome: Outcome,
}

impl<'a> Run<'a> {
    fn new(of: &'a Simulation) -> Self {
        let mut random = Random::new(of.seed);
        let source = match of.load {
            Load::Open { arrivals, .. } => Some(Source::new(arrivals, &mut random)),
            Load::Closed { .. } => None,
        };
        let classes = if source.is_some() { of.mix.classes() } else { 1 };
        Self {
            of,
            random,
            source,
            sent: 0,
            admission: Admission::new(of.admission, of.workers, of.reported),
            queue: FairQueue::new(),
            worked_on: 0,
            now: Time::ZERO,
            agenda: BinaryHeap::new(),
            planned: BTreeMap::new(),
            plans: 0,
            outcome: Outcome { classes: vec![ClassOutcome::default(); classes], ..Outcome::default() },
        }
    }

    fn plan(&mut self, at: Time, event: Event) {
        self.plans += 1;
        self.agenda.push(Reverse((at, self.plans)));
        self.planned.insert(self.plans, event);
    }

    fn finish(mut self) -> Outcome {
        match self.of.load {
            Load::Open { .. } => self.send_next(),
            Load::Closed { in_flight, .. } => (0..in_flight).for_each(|lane| self.send_again(lane)),
        }
        while let Some(Reverse((at, plan))) = self.agenda.pop() {
            let held = (self.queue.len() + self.worked_on) as f64;
            self.outcome.held += held * (at - self.now).seconds();
            self.now = at;
            match self.planned.remove(&plan) {
                Some(Event::Arrives(request)) => self.arrive(request),
                Some(Event::Ends(request)) => self.end(request),
                None => {}
            }
        }
        self.outcome.end = self.now.seconds();
        self.outcome
    }

    /// Of an open load.
    fn send_next(&mut self) {
        let (Load::Open { seconds, .. }, Some(source)) = (&self.of.load, &mut self.source) else { return };
        let at = source.next(&mut self.random);
        if at < Time::from_seconds(*seconds) {
            let client = self.of.mix.draw(self.sent, &mut self.random);
            self.sent += 1;
            let counted = at >= Time::from_seconds(self.of.warm_up);
            self.plan(at, Event::Arrives(Request { at, client, returned: false, counted }));
        }
    }

    /// Of a closed load.
    fn send_again(&mut self, lane: u32) {
        let Load::Closed { requests, .. } = self.of.load else { return };
        if self.sent < requests {
            self.sent += 1;
            let counted = self.now >= Time::from_seconds(self.of.warm_up);
            self.plan(self.now, Event::Arrives(Request { at: self.now, client: lane, returned: false, counted }));
        }
    }

    fn class(&self, request: &Request) -> usize {
        if self.source.is_some() { self.of.mix.class(request.client) } else { 0 }
    }

    fn arrive(&mut self, request: Request) {
        if !request.returned {
            self.send_next();
        }
        let queue =
            Queue { waiting: self.queue.len(), worked_on: self.worked_on, backlog: self.queue.backlog(request.client) };
        let verdict = self.admission.admit(self.now, &queue);
        let class = self.class(&request);
        if request.counted {
            let of_class = &mut self.outcome.classes[class];
            of_class.requests += 1;
            of_class.returned += u64::from(request.returned);
            match verdict {
                Ok(()) => {
                    of_class.accepted += 1;
                    of_class.returned_accepted += u64::from(request.returned);
                }
                Err((Refusal::QueueFull, _)) => of_class.queue_full += 1,
                Err((Refusal::TooLong, _)) => of_class.too_long += 1,
                Err((Refusal::ShareUsed, _)) => of_class.share_used += 1,
            }
        }
        match verdict {
            Ok(()) => {
                self.queue.push(request.client, !self.of.impatient, request);
                self.begin();
                self.outcome.longest_queue = self.outcome.longest_queue.max(self.queue.len());
            }
            Err((_, retry_after)) => self.come_back(&request, class, Time::from_seconds(retry_after)),
        }
    }

    fn come_back(&mut self, request: &Request, class: usize, after: Time) {
        let Load::Open { seconds, .. } = self.of.load else { return };
        let at = self.now + after;
        if !request.returned && self.of.returning.contains(&class) && at < Time::from_seconds(seconds) {
            self.plan(at, Event::Arrives(Request { at, returned: true, ..*request }));
        }
    }

    /// Gives jobs to workers that have none.
    fn begin(&mut self) {
        while self.worked_on < u64::from(self.of.workers)
            && let Some(request) = self.queue.pop()
        {
            self.worked_on += 1;
            let class = self.class(&request);
            if request.counted {
                self.outcome.classes[class].waits.push(self.now - request.at);
            }
            let took = Time::from_seconds(self.of.service.draw(&mut self.random));
            self.outcome.busy += took.seconds();
            self.plan(self.now + took, Event::Ends(request));
        }
    }

    fn end(&mut self, request: Request) {
        self.worked_on -= 1;
        let class = self.class(&request);
        if request.counted {
            let of_class = &mut self.outcome.classes[class];
            of_class.ended += 1;
            of_class.sojourns.push(self.now - request.at);
        }
        self.send_again(request.client);
        self.begin();
    }
}
