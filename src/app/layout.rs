//! Where the parts of each screen stand, in cells.
//!
//! `update` needs it to keep the cursor in sight and to page, `ui` to draw; both take it from here. A part that has
//! no room has height or width 0. Below 40x10 what is left is the essential line: the query and its first result, or
//! an entity's title.

/// The size of the terminal, in cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Size {
    pub columns: u16,
    pub rows: u16,
}

/// A rectangle of cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Area {
    pub x: u16,
    pub y: u16,
    pub width: u16,
    pub height: u16,
}

/// Columns from which the preview stands beside the list.
pub const BESIDE: u16 = 100;
/// Columns from which the preview stands below the list.
pub const BELOW: u16 = 80;

/// The catalog.
///
/// ```text
/// status
/// line
/// header            ┊
/// list              ┊ preview
/// footer
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CatalogLayout {
    pub status: Area,
    pub line: Area,
    pub header: Area,
    pub list: Area,
    /// Between list and preview: a column or a row.
    pub rule: Area,
    pub preview: Area,
    pub footer: Area,
}

/// An entity's page.
///
/// ```text
/// status
/// head      what it is
/// tabs
/// rule
/// body
/// footer
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct EntityLayout {
    pub status: Area,
    pub head: Area,
    pub tabs: Area,
    pub rule: Area,
    pub body: Area,
    pub footer: Area,
}

/// A tree: a screen of its own, or the body of a page (then without status and footer).
///
/// ```text
/// status
/// head      which tree; of dependents, in figures
/// filter    while there is one
/// rule
/// list
/// footer
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TreeLayout {
    pub status: Area,
    pub head: Area,
    pub filter: Area,
    pub rule: Area,
    pub list: Area,
    pub footer: Area,
}

/// A page of documentation.
///
/// ```text
/// status
/// notice    what is wrong with the documentation, where something is
/// nav  ┊ page  ┊ contents
/// footer
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DocsLayout {
    pub status: Area,
    pub notice: Area,
    /// Stands over the page where there is no room beside it.
    pub nav: Area,
    pub nav_rule: Area,
    pub page: Area,
    pub contents_rule: Area,
    pub contents: Area,
    pub footer: Area,
}

/// A line to type into above a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DocFindLayout {
    pub status: Area,
    pub line: Area,
    pub rule: Area,
    pub list: Area,
    pub footer: Area,
}

/// A screen that is one list: the message log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ListLayout {
    pub status: Area,
    pub list: Area,
    pub footer: Area,
}

/// A window over the screen with a line and a list: palette, help, menus.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PickerLayout {
    /// All of it, frame included.
    pub frame: Area,
    pub line: Area,
    pub list: Area,
}

/// Cuts rows off the top and the bottom of a screen.
struct Cutter {
    top: u16,
    bottom: u16,
    columns: u16,
}

impl Cutter {
    fn new(size: Size) -> Self {
        Self {
            top: 0,
            bottom: size.rows,
            columns: size.columns,
        }
    }

    fn left(&self) -> u16 {
        self.bottom.saturating_sub(self.top)
    }

    fn top(&mut self, height: u16) -> Area {
        let height = height.min(self.left());
        let area = Area {
            x: 0,
            y: self.top,
            width: self.columns,
            height,
        };
        self.top += height;
        area
    }

    fn bottom(&mut self, height: u16) -> Area {
        let height = height.min(self.left());
        self.bottom -= height;
        Area {
            x: 0,
            y: self.bottom,
            width: self.columns,
            height,
        }
    }

    fn rest(&mut self) -> Area {
        self.top(self.left())
    }
}

/// Lays out the catalog; `zoomed` gives the preview the place of the list.
pub fn catalog(size: Size, zoomed: bool) -> CatalogLayout {
    let mut cut = Cutter::new(size);
    let footer = cut.bottom(u16::from(size.rows >= 4));
    let status = cut.top(u16::from(size.rows >= 5));
    let line = cut.top(1);
    let header = cut.top(u16::from(size.rows >= 10 && size.columns >= 40 && !zoomed));
    let rest = cut.rest();
    let mut layout = CatalogLayout {
        status,
        line,
        header,
        list: rest,
        footer,
        ..CatalogLayout::default()
    };
    if zoomed {
        layout.preview = Area {
            x: 1,
            width: size.columns.saturating_sub(2),
            ..rest
        };
        layout.list.height = 0;
    } else if size.columns >= BESIDE {
        let width = (u32::from(size.columns) * 62 / 100) as u16;
        layout.header.width = width;
        layout.list.width = width;
        // Beside the list and its header.
        let (y, height) = (rest.y - header.height, rest.height + header.height);
        layout.rule = Area {
            x: width,
            y,
            width: 1,
            height,
        };
        layout.preview = Area {
            x: width + 2,
            y,
            width: size.columns.saturating_sub(width + 3),
            height,
        };
    } else if size.columns >= BELOW && rest.height >= 12 {
        let height = (rest.height * 2 / 5).clamp(5, 12);
        layout.list.height = rest.height - height - 1;
        layout.rule = Area {
            y: rest.y + layout.list.height,
            height: 1,
            ..rest
        };
        layout.preview = Area {
            x: 1,
            y: layout.rule.y + 1,
            width: rest.width.saturating_sub(2),
            height,
        };
    }
    layout
}

/// Lays out an entity's page whose head would like `head` rows.
pub fn entity(size: Size, head: u16) -> EntityLayout {
    let mut cut = Cutter::new(size);
    let footer = cut.bottom(u16::from(size.rows >= 4));
    let status = cut.top(u16::from(size.rows >= 5));
    let room = cut.left();
    let tabs = u16::from(room >= 5);
    let rule = u16::from(room >= 10);
    let rest = room - tabs - rule;
    let body = (rest / 3 * 2).max(2);
    let head = cut.top(head.min(rest.saturating_sub(body)).max(1));
    EntityLayout {
        status,
        head,
        tabs: cut.top(tabs),
        rule: cut.top(rule),
        body: cut.rest(),
        footer,
    }
}

/// Lays out a tree whose head would like `head` rows.
pub fn tree(size: Size, head: u16, filter: bool) -> TreeLayout {
    let mut cut = Cutter::new(size);
    let footer = cut.bottom(u16::from(size.rows >= 4));
    let status = cut.top(u16::from(size.rows >= 5));
    TreeLayout {
        status,
        footer,
        ..tree_in(cut.rest(), head, filter)
    }
}

/// The same within an area.
pub fn tree_in(area: Area, head: u16, filter: bool) -> TreeLayout {
    let mut cut = Cutter {
        top: area.y,
        bottom: area.y.saturating_add(area.height),
        columns: area.width,
    };
    let room = area.height;
    let filter = u16::from(filter && room >= 2);
    // Where there is little room what is typed comes before what is said.
    let head = if filter > 0 && room < 8 {
        0
    } else {
        head.min((room - filter) / 3)
    };
    let rule = u16::from(room >= 10 && head + filter > 0);
    TreeLayout {
        head: cut.top(head),
        filter: cut.top(filter),
        rule: cut.top(rule),
        list: cut.rest(),
        ..TreeLayout::default()
    }
}

/// Columns from which the navigation stands beside the page.
const NAV_BESIDE: u16 = 100;
/// Columns from which the contents stand beside the page as well.
const CONTENTS_BESIDE: u16 = 116;
/// Columns of text that are still easy to read; what a screen has beyond them stays empty.
const READABLE: u16 = 84;
/// Columns before the text of a page: the cursor's bar, and one of air.
pub const GUTTER: u16 = 2;

fn docs_widths(columns: u16, zoomed: bool) -> (u16, u16) {
    let part = |share: u16, least: u16, most: u16| (columns / share).clamp(least, most);
    match columns {
        _ if zoomed => (0, 0),
        CONTENTS_BESIDE.. => (part(5, 22, 36), part(7, 18, 32)),
        NAV_BESIDE.. => (part(5, 20, 24), 0),
        _ => (0, 0),
    }
}

/// How many columns the text of a page of documentation has.
pub fn docs_columns(size: Size, zoomed: bool) -> usize {
    let (nav, contents) = docs_widths(size.columns, zoomed);
    let rules = u16::from(nav > 0) + u16::from(contents > 0);
    let page = size.columns.saturating_sub(nav + contents + rules);
    usize::from(page.saturating_sub(GUTTER + 1).clamp(1, READABLE))
}

/// Lays out a page of documentation. `in_nav` shows the navigation also where it has no place beside the page, over it;
/// `notice` gives a row to what is wrong.
pub fn docs(size: Size, zoomed: bool, in_nav: bool, notice: bool) -> DocsLayout {
    let mut cut = Cutter::new(size);
    let footer = cut.bottom(u16::from(size.rows >= 4));
    let status = cut.top(u16::from(size.rows >= 3));
    let notice = cut.top(u16::from(notice && size.rows >= 10));
    let rest = cut.rest();
    let (nav, contents) = docs_widths(size.columns, zoomed);
    let mut layout = DocsLayout {
        status,
        notice,
        page: rest,
        footer,
        ..DocsLayout::default()
    };
    if nav > 0 {
        layout.nav = Area { width: nav, ..rest };
        layout.nav_rule = Area {
            x: nav,
            width: 1,
            ..rest
        };
        layout.page.x = nav + 1;
        layout.page.width -= nav + 1;
    } else if in_nav {
        let over = if size.columns < 60 {
            size.columns
        } else {
            (size.columns / 2).min(40)
        };
        layout.nav = Area {
            width: over,
            ..rest
        };
        if over < size.columns {
            layout.nav_rule = Area {
                x: over,
                width: 1,
                ..rest
            };
        }
    }
    if contents > 0 {
        layout.page.width -= contents + 1;
        let x = size.columns - contents;
        layout.contents = Area {
            x,
            width: contents,
            ..rest
        };
        layout.contents_rule = Area {
            x: x - 1,
            width: 1,
            ..rest
        };
    }
    layout
}

/// Lays out a line to type into above a list.
pub fn doc_find(size: Size) -> DocFindLayout {
    let mut cut = Cutter::new(size);
    DocFindLayout {
        footer: cut.bottom(u16::from(size.rows >= 4)),
        status: cut.top(u16::from(size.rows >= 5)),
        line: cut.top(1),
        rule: cut.top(u16::from(size.rows >= 10)),
        list: cut.rest(),
    }
}

/// Lays out a screen that is one list.
pub fn list(size: Size) -> ListLayout {
    let mut cut = Cutter::new(size);
    ListLayout {
        footer: cut.bottom(u16::from(size.rows >= 4)),
        status: cut.top(u16::from(size.rows >= 3)),
        list: cut.rest(),
    }
}

/// Lays out a window with `rows` rows in its list.
pub fn picker(size: Size, rows: usize) -> PickerLayout {
    let width = if size.columns < 60 {
        size.columns
    } else {
        (size.columns - 4).min(96)
    };
    let frame_rows = u16::from(size.rows >= 6);
    let wanted = u16::try_from(rows).unwrap_or(u16::MAX).max(1);
    let most = (size.rows * 4 / 5)
        .max(size.rows.saturating_sub(6))
        .min(size.rows);
    let height = wanted.saturating_add(1 + 2 * frame_rows).min(most.max(1));
    let frame = Area {
        x: (size.columns - width) / 2,
        y: if frame_rows == 0 {
            0
        } else {
            (size.rows - height) / 4
        },
        width,
        height: height.min(size.rows),
    };
    let inner = Area {
        x: frame.x + frame_rows,
        y: frame.y + frame_rows,
        width: frame.width.saturating_sub(2 * frame_rows),
        height: frame.height.saturating_sub(2 * frame_rows),
    };
    PickerLayout {
        frame,
        line: Area {
            height: inner.height.min(1),
            ..inner
        },
        list: Area {
            y: inner.y + inner.height.min(1),
            height: inner.height.saturating_sub(1),
            ..inner
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(area: Area, size: Size) -> bool {
        area.x + area.width <= size.columns.max(area.x) && area.y + area.height <= size.rows
    }

    #[test]
    fn every_part_stays_on_the_screen_at_every_size() {
        for columns in 0..140 {
            for rows in 0..50 {
                let size = Size { columns, rows };
                let c = catalog(size, false);
                let z = catalog(size, true);
                let e = entity(size, 12);
                let p = picker(size, usize::from(columns));
                let t = tree(size, rows % 5, columns % 2 == 0);
                let d = docs(size, rows % 7 == 0, columns % 2 == 0, rows % 2 == 0);
                let f = doc_find(size);
                for area in [
                    d.status,
                    d.notice,
                    d.nav,
                    d.nav_rule,
                    d.page,
                    d.contents,
                    d.contents_rule,
                    d.footer,
                    f.status,
                    f.line,
                    f.rule,
                    f.list,
                    f.footer,
                    c.status,
                    c.line,
                    c.header,
                    c.list,
                    c.rule,
                    c.preview,
                    c.footer,
                    z.preview,
                    e.status,
                    e.head,
                    e.tabs,
                    e.rule,
                    e.body,
                    e.footer,
                    p.frame,
                    p.line,
                    p.list,
                    t.status,
                    t.head,
                    t.filter,
                    t.rule,
                    t.list,
                    t.footer,
                ] {
                    assert!(inside(area, size), "{area:?} in {size:?}");
                }
            }
        }
    }

    #[test]
    fn the_smallest_screens_keep_the_query_and_a_result_or_the_title() {
        let size = Size {
            columns: 20,
            rows: 2,
        };
        assert_eq!(catalog(size, false).line.height, 1);
        assert_eq!(catalog(size, false).list.height, 1);
        assert_eq!(
            entity(
                Size {
                    columns: 9,
                    rows: 1
                },
                9
            )
            .head
            .height,
            1
        );
    }

    #[test]
    fn the_preview_stands_beside_below_or_nowhere() {
        let at = |columns| catalog(Size { columns, rows: 24 }, false).preview;
        assert!(at(120).x > 0 && at(120).width > 30);
        assert!(at(80).y > 10 && at(80).height >= 5);
        assert_eq!(at(79).height, 0);
    }
}
