//! How each kind of block is laid out.

use super::{Folding, Layouter};
use crate::markdown::document::{
    Admonition, Block, CodeId, Emphasis, Item, Run, Tab, TabsId, Tone,
};
use crate::markdown::page::{PageCode, Span, Target};
use crate::text::width;
use crate::theme::Role;

/// Columns of a rule at most: it says "something else now", not "the end of the screen".
const RULE: usize = 80;

impl Layouter<'_> {
    pub(super) fn blocks(&mut self, blocks: &[Block]) {
        let mut notes = false;
        for block in blocks {
            if let Block::Anchor(name) = block {
                // Where the next block's first line will be.
                let line = self.page.lines.len() + usize::from(self.wants_gap);
                self.page.anchors.push((name.clone(), line));
                continue;
            }
            if matches!(block, Block::Footnote { .. } | Block::Abbreviations(_))
                && !std::mem::replace(&mut notes, true)
            {
                self.gap();
                let rule = self.rule_text();
                let short: String = rule.chars().take(8).collect();
                self.push_line(vec![Span::new(short, Role::Border)]);
                self.wants_gap = false;
            }
            self.gap();
            self.block(block);
            self.wants_gap = true;
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Heading { index, runs } => self.heading(*index, runs),
            Block::Paragraph { runs, line } => {
                self.source_line = *line;
                self.paragraph(runs);
            }
            Block::Code(id) => self.code(*id),
            Block::Quote(blocks) => {
                let bar = if self.options.ascii { "> " } else { "│ " };
                self.barred(bar, Role::Border, |this| this.blocks(blocks));
            }
            Block::List {
                start,
                tight,
                items,
            } => self.list(*start, *tight, items),
            Block::Definitions(defined) => self.definitions(defined),
            Block::Table(table) => self.table(table),
            Block::Admonition(admonition) => self.admonition(admonition),
            Block::Tabs { id, tabs } => self.tabs(*id, tabs),
            Block::Footnote {
                number,
                label,
                blocks,
            } => self.footnote(*number, label, blocks),
            Block::Abbreviations(known) => self.abbreviations(known),
            Block::Rule => {
                let rule = self.rule_text();
                self.push_line(vec![Span::new(rule, Role::Border)]);
            }
            Block::Anchor(_) => {}
        }
    }

    /// A paragraph; pictures have a sign before their text.
    fn paragraph(&mut self, runs: &[Run]) {
        if !runs.iter().any(|run| run.image) {
            return self.text(runs, Role::Text);
        }
        self.text(&self.with_signs(runs), Role::Text);
    }

    fn with_signs(&self, runs: &[Run]) -> Vec<Run> {
        let sign = if self.options.ascii {
            "[image] "
        } else {
            "▣ "
        };
        let mut out: Vec<Run> = Vec::with_capacity(runs.len());
        for run in runs {
            let begins = run.image
                && !out
                    .last()
                    .is_some_and(|last| last.image && last.link == run.link);
            let mut run = run.clone();
            if begins {
                run.text.insert_str(0, sign);
            }
            out.push(run);
        }
        out
    }

    fn rule_text(&self) -> String {
        let line = if self.options.ascii { "-" } else { "─" };
        line.repeat(self.room().min(RULE))
    }

    fn barred(&mut self, bar: &'static str, role: Role, inner: impl FnOnce(&mut Self)) {
        let bar = vec![Span::new(bar, role)];
        self.wants_gap = false;
        self.within(bar.clone(), bar, inner);
    }

    fn code(&mut self, id: CodeId) {
        let Some(code) = self.document.code.get(id.index()) else {
            return;
        };
        self.source_line = code.source_line;
        let shown = code.shown();
        let label = match (&code.title, code.language.as_str()) {
            (Some(title), "") => crate::text::clean(title).into_owned(),
            (Some(title), language) => format!("{} · {language}", crate::text::clean(title)),
            (None, language) => language.to_owned(),
        };
        let start = self.page.lines.len();
        if self.options.fences {
            self.fenced_code(id, &shown, &label);
        } else {
            let bar = if self.options.ascii { "| " } else { "┃ " };
            self.barred(bar, Role::Border, |this| {
                if !label.is_empty() {
                    let run = Run {
                        text: label.clone(),
                        ..Run::default()
                    };
                    this.text(&[run], Role::Dim);
                }
                this.code_lines(id, &shown);
            });
        }
        let lines = start..self.page.lines.len();
        self.page.code.push(PageCode { id, lines });
    }

    fn fenced_code(&mut self, id: CodeId, shown: &str, label: &str) {
        // One longer than any fence in it.
        let longest = shown.lines().map(|line| {
            let line = line.trim_start();
            line.len() - line.trim_start_matches('`').len()
        });
        let fence = "`".repeat(longest.max().unwrap_or(0).max(2) + 1);
        self.push_code_line(
            vec![Span::new(format!("{fence}{label}"), Role::Dim)],
            None,
            true,
        );
        self.code_lines(id, shown);
        self.push_code_line(vec![Span::new(fence, Role::Dim)], None, true);
    }

    fn code_lines(&mut self, id: CodeId, shown: &str) {
        let first = self.source_line;
        // The fence stands above; code that is only indented has none, and is off by one line.
        for (at, line) in shown.split('\n').enumerate() {
            self.source_line = first + at + 1;
            self.push_code_line(vec![Span::new(line, Role::Code)], Some((id, at)), true);
        }
    }

    fn list(&mut self, start: Option<u64>, tight: bool, items: &[Item]) {
        let last = start.map(|start| {
            start
                .saturating_add(u64::try_from(items.len()).unwrap_or(0))
                .saturating_sub(1)
        });
        let digits = last.map_or(0, |last| last.to_string().len());
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.wants_gap = !tight;
            }
            self.gap();
            let bullet = match start {
                Some(start) => {
                    let number = start.saturating_add(u64::try_from(at).unwrap_or(0));
                    format!("{number:>digits$}. ")
                }
                None if self.options.ascii => "- ".to_owned(),
                None => "• ".to_owned(),
            };
            let mut first = vec![Span::new(bullet, Role::Accent)];
            if let Some(done) = item.task {
                let (sign, role) = match (done, self.options.ascii) {
                    (true, true) => ("[x] ", Role::Good),
                    (false, true) => ("[ ] ", Role::Dim),
                    (true, false) => ("☑ ", Role::Good),
                    (false, false) => ("☐ ", Role::Dim),
                };
                first = match start {
                    Some(_) => first,
                    None => Vec::new(),
                };
                first.push(Span::new(sign, role));
            }
            let columns = super::spans_width(&first);
            let rest = vec![Span::new(" ".repeat(columns), Role::Text)];
            self.within(first, rest, |this| this.item(item, tight));
        }
    }

    /// The blocks of an item. In a tight list nothing stands between them.
    fn item(&mut self, item: &Item, tight: bool) {
        if !tight {
            return self.blocks(&item.blocks);
        }
        for block in &item.blocks {
            if let Block::Anchor(name) = block {
                self.anchor(name);
                continue;
            }
            let alone = matches!(
                block,
                Block::Paragraph { .. } | Block::List { .. } | Block::Heading { .. }
            );
            self.wants_gap &= !alone;
            self.gap();
            self.block(block);
            self.wants_gap = !alone;
        }
    }

    fn definitions(&mut self, defined: &[(Vec<Run>, Vec<Block>)]) {
        for (at, (term, meaning)) in defined.iter().enumerate() {
            self.wants_gap = at > 0 && !term.is_empty();
            self.gap();
            if !term.is_empty() {
                let term: Vec<Run> = term
                    .iter()
                    .cloned()
                    .map(|mut run| {
                        run.emphasis.strong = true;
                        run
                    })
                    .collect();
                self.text(&term, Role::Text);
            }
            if !meaning.is_empty() {
                let indent = vec![Span::new("    ", Role::Text)];
                self.within(indent.clone(), indent, |this| this.blocks(meaning));
            }
        }
    }

    fn admonition(&mut self, admonition: &Admonition) {
        let (role, sign) = look(admonition.tone, self.options.ascii);
        let open = match (&self.options.folding, admonition.fold) {
            (Folding::Chosen { toggled, .. }, Some(fold)) => {
                admonition.open != toggled.contains(&fold)
            }
            _ => true,
        };
        let bar = if self.options.ascii { "| " } else { "┃ " };
        self.barred(bar, role, |this| {
            let mut head = Vec::new();
            let mut fold_sign = "";
            if let (Folding::Chosen { .. }, Some(_)) = (&this.options.folding, admonition.fold) {
                fold_sign = match (open, this.options.ascii) {
                    (true, true) => "v ",
                    (false, true) => "> ",
                    (true, false) => "▾ ",
                    (false, false) => "▸ ",
                };
            }
            let signs = format!("{fold_sign}{sign}");
            if !signs.is_empty() {
                head.push(Run {
                    text: signs,
                    ..Run::default()
                });
            }
            head.extend(admonition.title.iter().cloned());
            if !admonition.title.is_empty() {
                this.admonition_head(admonition, head, role);
            }
            if open && !admonition.blocks.is_empty() {
                this.wants_gap = false;
                this.blocks(&admonition.blocks);
            }
        });
    }

    /// The title; where it folds, all of it can be followed.
    fn admonition_head(&mut self, admonition: &Admonition, mut head: Vec<Run>, role: Role) {
        for run in &mut head {
            run.emphasis.strong = true;
        }
        let from = self.page.lines.len();
        let control = admonition
            .fold
            .filter(|_| self.options.folding != Folding::Everything)
            .map(|fold| {
                let text: String = admonition
                    .title
                    .iter()
                    .map(|run| run.text.as_str())
                    .collect();
                self.add_link(Target::Fold(fold), text)
            });
        self.text(&head, role);
        let lines = self.page.lines.get_mut(from..).unwrap_or_default();
        for line in lines {
            for span in line.spans.iter_mut().skip(line.prefix) {
                span.link = span.link.or(control);
            }
        }
    }

    fn tabs(&mut self, id: TabsId, tabs: &[Tab]) {
        let bar = if self.options.ascii { "| " } else { "│ " };
        let chosen = match &self.options.folding {
            Folding::Everything => None,
            Folding::Chosen { tabs: chosen, .. } => {
                let chosen = chosen.get(&id).copied().unwrap_or(0);
                Some(chosen.min(tabs.len().saturating_sub(1)))
            }
        };
        let Some(chosen) = chosen else {
            for (at, tab) in tabs.iter().enumerate() {
                self.wants_gap = at > 0;
                self.gap();
                self.barred(bar, Role::Border, |this| {
                    this.push_title(&tab.title);
                    this.blocks(&tab.blocks);
                });
            }
            return;
        };
        self.barred(bar, Role::Border, |this| {
            this.tab_titles(id, tabs, chosen);
            if let Some(tab) = tabs.get(chosen) {
                this.blocks(&tab.blocks);
            }
        });
    }

    fn push_title(&mut self, title: &str) {
        let run = Run {
            text: title.to_owned(),
            emphasis: Emphasis {
                strong: true,
                ..Emphasis::default()
            },
            ..Run::default()
        };
        self.text(&[run], Role::Tab);
    }

    /// The titles side by side, as many on a line as fit; one that fits no line is wrapped.
    fn tab_titles(&mut self, id: TabsId, tabs: &[Tab], chosen: usize) {
        let mut spans: Vec<Span> = Vec::new();
        let mut used = 0;
        for (at, tab) in tabs.iter().enumerate() {
            let role = if at == chosen { Role::Tab } else { Role::Dim };
            let title = match tab.title.as_str() {
                "" => (at + 1).to_string(),
                title => title.to_owned(),
            };
            // Without colours and attributes, too, the chosen one is seen.
            let title = match (at == chosen, tabs.len()) {
                (true, 2..) => format!("[{title}]"),
                _ => title,
            };
            let columns = width(&title);
            if used > 0 && used + 2 + columns > self.room() {
                self.push_line(std::mem::take(&mut spans));
                used = 0;
            }
            if columns > self.room() {
                let span = self.control(Target::Tab(id, at), title.clone(), role);
                let run = Run {
                    text: title,
                    ..Run::default()
                };
                let from = self.page.lines.len();
                self.text(&[run], role);
                for line in self.page.lines.get_mut(from..).unwrap_or_default() {
                    line.spans
                        .iter_mut()
                        .skip(line.prefix)
                        .for_each(|part| part.link = span.link);
                }
                continue;
            }
            if used > 0 {
                spans.push(Span::new("  ", Role::Text));
                used += 2;
            }
            used += columns;
            let span = self.control(Target::Tab(id, at), title, role);
            spans.push(span);
        }
        if !spans.is_empty() {
            self.push_line(spans);
        }
    }

    fn footnote(&mut self, number: usize, label: &str, blocks: &[Block]) {
        self.anchor(&format!("fn:{label}"));
        let sign = format!("[{number}] ");
        let rest = vec![Span::new(" ".repeat(width(&sign)), Role::Text)];
        self.within(vec![Span::new(sign, Role::Accent)], rest, |this| {
            this.blocks(blocks)
        });
    }

    fn abbreviations(&mut self, known: &[(String, String)]) {
        for (name, meaning) in known {
            let name = Run {
                text: name.clone(),
                emphasis: Emphasis {
                    strong: true,
                    ..Emphasis::default()
                },
                ..Run::default()
            };
            let meaning = Run {
                text: format!(": {meaning}"),
                ..Run::default()
            };
            self.text(&[name, meaning], Role::Dim);
        }
    }
}

/// The role and the sign of a tone.
fn look(tone: Tone, ascii: bool) -> (Role, &'static str) {
    match (tone, ascii) {
        (Tone::Note, false) => (Role::Info, "● "),
        (Tone::Note, true) => (Role::Info, "(i) "),
        (Tone::Good, false) => (Role::Good, "✓ "),
        (Tone::Good, true) => (Role::Good, "(+) "),
        (Tone::Warning, false) => (Role::Warn, "▲ "),
        (Tone::Warning, true) => (Role::Warn, "(!) "),
        (Tone::Danger, false) => (Role::Bad, "✗ "),
        (Tone::Danger, true) => (Role::Bad, "(x) "),
        (Tone::Plain, _) => (Role::Dim, ""),
    }
}
