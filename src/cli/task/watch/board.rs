//! What a terminal shows of a running task: finished steps, then the step that runs with a spinner and its time, and the
//! end of its log.

use std::collections::{BTreeSet, VecDeque};

use super::super::format;
use crate::scaffolder::event::{StepStatus, TaskEvent};
use crate::scaffolder::task::{Progress, StepProgress};
use crate::term::LiveBlock;
use crate::text;
use crate::theme::{Color, Style};

/// Lines of the log below the step that runs.
const TAIL: usize = 5;
/// Lines of the log that stay with a step that failed.
const FAILED_TAIL: usize = 20;
const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const PLAIN_SPINNER: [&str; 4] = ["|", "/", "-", "\\"];

pub(super) struct Board {
    block: LiveBlock,
    unicode: bool,
    color: bool,
    turn: usize,
    /// The end of the log of the step that runs.
    tail: VecDeque<String>,
    /// The steps that stand above already.
    told: BTreeSet<String>,
    /// Lines that go above with the next drawing.
    above: Vec<(String, Style)>,
    /// Warnings, which go above as well.
    warnings: Vec<(String, Style)>,
}

impl Board {
    pub fn new(block: LiveBlock, unicode: bool, color: bool) -> Self {
        Self {
            block,
            unicode,
            color,
            turn: 0,
            tail: VecDeque::new(),
            told: BTreeSet::new(),
            above: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Takes an event's words in.
    pub fn event(&mut self, event: &TaskEvent) {
        let Some(step) = &event.body.step_id else {
            return;
        };
        // What a person should know of stays; the rest of the log goes with its step.
        if let Some(warning) = event.body.message.strip_prefix("warn: ") {
            let style = self.style(Some(3), false);
            let warning = text::clean_multiline(warning);
            self.warnings
                .extend(warning.lines().map(|line| (format!("  ! {line}"), style)));
        }
        match event.body.status {
            Some(StepStatus::Processing) => self.tail.clear(),
            None | Some(StepStatus::Failed) => {
                let message = text::clean_multiline(&event.body.message);
                for line in message.lines().filter(|line| !line.trim().is_empty()) {
                    if self.tail.len() == FAILED_TAIL {
                        self.tail.pop_front();
                    }
                    self.tail.push_back(line.to_owned());
                }
            }
            Some(_) => {}
        }
        if event.body.status == Some(StepStatus::Failed) && self.told.insert(step.clone()) {
            let dim = self.style(None, true);
            // The step's own line is made of the progress; it stands above these.
            let lines: Vec<_> = self.tail.drain(..).collect();
            self.above.push((step.clone(), Style::default()));
            self.above
                .extend(lines.into_iter().map(|line| (format!("    {line}"), dim)));
        }
    }

    /// Draws how far it is.
    pub fn draw(&mut self, progress: &Progress, now: i64) {
        self.turn = self.turn.wrapping_add(1);
        let above = self.finished(progress, now);
        let mut lines = Vec::new();
        if let Some(step) = progress.current() {
            lines.push((self.running(step, progress, now), Style::default()));
            let dim = self.style(None, true);
            let skip = self.tail.len().saturating_sub(TAIL);
            lines.extend(
                self.tail
                    .iter()
                    .skip(skip)
                    .map(|line| (format!("    {line}"), dim)),
            );
        }
        self.block.measure();
        self.block.show(&above, &lines);
    }

    /// Draws the end: every step that was run stands above, and nothing moves.
    pub fn end(&mut self, progress: &Progress, now: i64) {
        let above = self.finished(progress, now);
        self.block.measure();
        self.block.show(&above, &[]);
    }

    /// Takes the moving part away, to ask something.
    pub fn clear(&mut self) {
        self.block.clear();
    }

    /// The lines of the steps that ended since the last time.
    fn finished(&mut self, progress: &Progress, now: i64) -> Vec<(String, Style)> {
        let mut lines = std::mem::take(&mut self.warnings);
        let above = std::mem::take(&mut self.above);
        for step in &progress.steps {
            let ended = !matches!(step.status, StepStatus::Open | StepStatus::Processing);
            // A failed step's line was put among the lines of its log.
            let waiting = above.iter().position(|(line, _)| *line == step.id);
            if let Some(at) = waiting {
                lines.push((self.line(step, progress, now), self.step_style(step.status)));
                let log = above.iter().skip(at + 1);
                lines.extend(
                    log.take_while(|(line, _)| line.starts_with("    "))
                        .cloned(),
                );
            } else if ended && self.told.insert(step.id.clone()) {
                lines.push((self.line(step, progress, now), self.step_style(step.status)));
            }
        }
        lines
    }

    fn line(&self, step: &StepProgress, progress: &Progress, now: i64) -> String {
        let glyph = format::glyph(step.status, self.unicode);
        let took = match step.status {
            StepStatus::Skipped => "skipped".to_owned(),
            _ => step.took(now).map(format::took).unwrap_or_default(),
        };
        format!("{glyph} {}  {took}", self.name(step, progress))
    }

    fn running(&self, step: &StepProgress, progress: &Progress, now: i64) -> String {
        let spinner = if self.unicode {
            SPINNER.get(self.turn % SPINNER.len())
        } else {
            PLAIN_SPINNER.get(self.turn % PLAIN_SPINNER.len())
        };
        let took = step.took(now).map(format::took).unwrap_or_default();
        format!(
            "{} {}  {took}",
            spinner.copied().unwrap_or(" "),
            self.name(step, progress)
        )
    }

    /// The step's name, as wide as the widest, so that the times stand below each other; cut where the terminal is narrow.
    fn name(&self, step: &StepProgress, progress: &Progress) -> String {
        let names = progress.steps.iter();
        let widest = names
            .map(|step| text::width(&text::clean(&step.name)))
            .max();
        let room = self.block.columns().saturating_sub(14).max(8);
        let width = widest.unwrap_or(0).min(room);
        text::pad(&text::truncate(&text::clean(&step.name), width), width)
    }

    fn step_style(&self, status: StepStatus) -> Style {
        match status {
            StepStatus::Completed => self.style(Some(2), false),
            StepStatus::Failed => self.style(Some(1), false),
            StepStatus::Cancelled => self.style(Some(3), false),
            _ => self.style(None, true),
        }
    }

    fn style(&self, color: Option<u8>, dim: bool) -> Style {
        if !self.color {
            return Style::default();
        }
        Style {
            fg: color.map(Color::Indexed),
            dim,
            ..Style::default()
        }
    }
}
