//! What a piece of the screen is for.

use super::Style;

macro_rules! roles {
    ($( $variant:ident $name:literal $parent:expr, $doc:literal; )*) => {
        /// What a piece of the screen is for.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Role {
            $( #[doc = $doc] $variant, )*
        }

        impl Role {
            /// How many there are.
            pub const COUNT: usize = [$( $name ),*].len();

            /// All of them, in the order of their discriminants.
            pub const ALL: [Role; Role::COUNT] = [$( Role::$variant ),*];

            /// Its name in a theme's file.
            pub const fn name(self) -> &'static str {
                match self { $( Role::$variant => $name, )* }
            }

            /// What it is for, in one line.
            pub const fn doc(self) -> &'static str {
                match self { $( Role::$variant => $doc, )* }
            }

            /// The role whose look it has where a theme says nothing. It stands before this one in [`Role::ALL`].
            pub const fn parent(self) -> Option<Role> {
                match self { $( Role::$variant => $parent, )* }
            }
        }
    };
}

roles! {
    Ground "ground" None, "The background of the screen";
    Text "text" None, "What is read";
    Dim "dim" Some(Role::Text), "What is read second: descriptions, ages, hints";
    Accent "accent" Some(Role::Text), "The one colour that draws the eye";
    Title "title" Some(Role::Text), "Names of things and headings";
    Match "match" Some(Role::Accent), "Characters that matched the search";
    Selection "selection" None, "The bar under the cursor";
    Good "good" Some(Role::Text), "It works";
    Warn "warn" Some(Role::Text), "Somebody should look";
    Bad "bad" Some(Role::Text), "It does not work";
    Info "info" Some(Role::Text), "Worth knowing";
    Link "link" Some(Role::Accent), "What can be opened";
    Code "code" Some(Role::Text), "Code and values to copy";
    Border "border" Some(Role::Dim), "Rules and frames";
    Glyph "glyph" Some(Role::Accent), "The sign of a kind";
    Input "input" Some(Role::Text), "Text being typed";
    Tab "tab" Some(Role::Accent), "The tab one is on";
    Footer "footer" Some(Role::Dim), "What a key does, in the bottom line";
    FooterKey "footer-key" Some(Role::Accent), "The key itself, in the bottom line";
    CodeKeyword "code-keyword" Some(Role::Accent), "Words of the language, in code";
    CodeString "code-string" Some(Role::Good), "Strings, in code";
    CodeComment "code-comment" Some(Role::Dim), "Comments, in code";
    CodeNumber "code-number" Some(Role::Info), "Numbers and constants, in code";
    CodeFunction "code-function" Some(Role::Title), "Names of functions, in code";
    CodeType "code-type" Some(Role::Warn), "Names of types and keys, in code";
    Popup "popup" Some(Role::Ground), "The background of what lies over the screen";
}

impl Role {
    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Its look without any colour: attributes alone.
    pub fn plain(self) -> Style {
        let none = Style::default();
        match self {
            Role::Selection => Style {
                reverse: true,
                ..none
            },
            Role::Match => Style {
                bold: true,
                underline: true,
                ..none
            },
            Role::Accent | Role::Title | Role::FooterKey => Style { bold: true, ..none },
            Role::Bad => Style {
                bold: true,
                reverse: true,
                ..none
            },
            Role::Warn | Role::CodeKeyword => Style { bold: true, ..none },
            Role::Link => Style {
                underline: true,
                ..none
            },
            Role::Tab => Style {
                bold: true,
                underline: true,
                ..none
            },
            Role::Dim | Role::Border | Role::Footer | Role::CodeComment => {
                Style { dim: true, ..none }
            }
            Role::Ground
            | Role::Text
            | Role::Good
            | Role::Info
            | Role::Code
            | Role::CodeString
            | Role::CodeNumber
            | Role::CodeFunction
            | Role::CodeType
            | Role::Glyph
            | Role::Input
            | Role::Popup => none,
        }
    }
}
