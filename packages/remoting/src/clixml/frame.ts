import { type PsDictionary, type PsObject, type PsValue, Shape } from "../objects/index.ts";
import { type Element, SKIPPED } from "./elements.ts";

/** An open element. Frames are used again and again; which fields count depends on the kind. */
export class Frame {
  element: Element = SKIPPED;
  label: string | undefined = undefined;
  /** object: the value under construction; also the one that a group belongs to. */
  object: PsObject | undefined = undefined;
  shape: Shape = Shape.EMPTY;
  /** members: values in the order of the shape; list: items; names and progress: texts. */
  values: PsValue[] = [];
  named = false;
  id: number | string | undefined = undefined;
  /** members: names that came a second time, in another letter case; the later one counts. */
  renamed: Map<number, string> | undefined = undefined;
  dictionary: PsDictionary | undefined = undefined;
  key: PsValue | undefined = undefined;
  value: PsValue | undefined = undefined;
}
