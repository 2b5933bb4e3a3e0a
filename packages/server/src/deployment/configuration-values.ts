/** Values that stand in a configuration again and again. */
import { z } from "zod";

export const Port = z.number().int().min(1).max(65_535);

export const Host = z
  .string()
  .regex(/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i, "it must be a full name, as in uc.contoso.com")
  .transform((name) => name.toLowerCase());

/** Relative to the file that it stands in. */
export const Path = z.string().min(1);

export const Guid = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, "it must be a GUID")
  .transform((guid) => guid.toLowerCase());

/** An address that nobody can listen in on. */
export const SecureUrl = z.string().regex(/^https:\/\/[^\s/@]+(\/\S*)?$/i, "it must begin with https://");
