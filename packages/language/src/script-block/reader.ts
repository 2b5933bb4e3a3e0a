/** The characters of a script: blanks, comments, quoted texts, blocks in braces. Knows no command. */
import { isDoubleQuote, isSingleQuote, unescape } from "../types/characters.ts";

/** Why a text is not plain commands, and where (from 0). `invalid`: it is no PowerShell at all. */
export class NotPlain extends Error {
  readonly kind: "script" | "invalid";
  readonly what: string;
  readonly at: number;
  constructor(kind: "script" | "invalid", what: string, at: number) {
    super(what);
    this.name = "NotPlain";
    this.kind = kind;
    this.what = what;
    this.at = at;
  }
}

/** Gives the text of a `$...` inside a double-quoted text. */
export type Expand = (reader: Reader) => string;

export class Reader {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The character at hand; empty at the end. */
  look(): string {
    return this.text[this.at] ?? "";
  }

  peek(ahead = 1): string {
    return this.text[this.at + ahead] ?? "";
  }

  get atEnd(): boolean {
    return this.at >= this.text.length;
  }

  needsScript(what: string, at = this.at): never {
    throw new NotPlain("script", what, at);
  }

  invalid(what: string, at = this.at): never {
    throw new NotPlain("invalid", what, at);
  }

  match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text);
  }

  /** Passes blanks, continued lines and comments; line ends too, where they do not matter. */
  skipBlanks(lines: boolean): void {
    for (;;) {
      const character = this.look();
      if (character === "") return;
      if (character === "\n" || character === "\r") {
        if (!lines) return;
        this.at++;
      } else if (/\s/.test(character)) this.at++;
      else if (character === "`" && /[\r\n]/.test(this.peek())) this.at += this.peek() === "\r" && this.peek(2) === "\n" ? 3 : 2;
      else if (character === "#") {
        while (!this.atEnd && this.look() !== "\n") this.at++;
      } else if (character === "<" && this.peek() === "#") {
        const end = this.text.indexOf("#>", this.at + 2);
        if (end < 0) this.invalid("the comment is not closed");
        this.at = end + 2;
      } else return;
    }
  }

  /** A quoted text from its first quotation mark to its last. */
  quoted(expand: Expand): string {
    const open = this.at;
    const single = isSingleQuote(this.look());
    const closes = single ? isSingleQuote : isDoubleQuote;
    const parts: string[] = [];
    this.at++;
    while (!this.atEnd) {
      const character = this.look();
      if (closes(character)) {
        this.at++;
        if (!closes(this.look())) return parts.join("");
        parts.push(this.look());
        this.at++;
      } else if (!single && character === "`") {
        parts.push(this.escape());
      } else if (!single && character === "$") parts.push(expand(this));
      else {
        parts.push(character);
        this.at++;
      }
    }
    return this.invalid("the quotation mark is not closed", open);
  }

  /** `@'` or `@"` up to the line that begins with the same mark and @. */
  hereString(expand: Expand): string {
    const open = this.at;
    const single = isSingleQuote(this.peek());
    const closes = single ? isSingleQuote : isDoubleQuote;
    const head = this.match(/@.[^\S\r\n]*(?:\r\n|\n|\r)/y);
    if (head === null) this.invalid("after the opening of a here-string its line must end", open);
    this.at += head[0].length;
    const parts: string[] = [];
    let lineStart = true;
    while (!this.atEnd) {
      const character = this.look();
      if (lineStart && closes(character) && this.peek() === "@") {
        this.at += 2;
        return parts.join("").replace(/(?:\r\n|\n|\r)$/, "");
      }
      lineStart = character === "\n" || character === "\r";
      if (!single && character === "`") parts.push(this.escape());
      else if (!single && character === "$") parts.push(expand(this));
      else {
        parts.push(character);
        this.at++;
      }
    }
    return this.invalid("the here-string is not closed", open);
  }

  /** A backtick and what it stands for. */
  escape(): string {
    const character = this.peek();
    if (character === "u" && this.peek(2) === "{") {
      const code = this.match(/`u\{([0-9a-f]{1,6})\}/iy);
      const point = code === null ? Number.NaN : Number.parseInt(code[1] as string, 16);
      if (!(point <= 0x10ffff)) this.invalid("the escape `u{ } needs one to six hexadecimal digits");
      this.at += (code as RegExpExecArray)[0].length;
      return String.fromCodePoint(point);
    }
    this.at += character === "" ? 1 : 2;
    return unescape(character);
  }

  /** The text between braces, which may hold quoted texts, comments and further braces. */
  block(): string {
    const open = this.at;
    let depth = 0;
    while (!this.atEnd) {
      const character = this.look();
      if (character === "{") depth++;
      else if (character === "}") {
        if (--depth === 0) {
          this.at++;
          return this.text.slice(open + 1, this.at - 1);
        }
      } else if (isSingleQuote(character) || isDoubleQuote(character)) {
        this.quoted((reader) => {
          reader.at++;
          return "";
        });
        continue;
      } else if (character === "`") this.at++;
      else if (character === "#" && /[\s{;|(]/.test(this.text[this.at - 1] ?? "")) {
        while (!this.atEnd && this.look() !== "\n") this.at++;
        continue;
      }
      this.at++;
    }
    return this.invalid("the brace is not closed", open);
  }
}
