// The form of the administrator's token. Its file in the data directory and the copy in `~/.weir` hold nothing else.

/** 32 bytes in base64url. */
const SECRET_LENGTH = 43;
const FORM = new RegExp(`^weir_[\\w-]{${SECRET_LENGTH}}$`);

/**
 * The fault of a text that is not an administrator's token, as it follows the name of the file in an error. Returns
 * `undefined` if the text is such a token.
 */
export function adminTokenFault(text: string): string | undefined {
  if (FORM.test(text)) return undefined;
  return `is damaged: it must hold weir_ and ${SECRET_LENGTH} letters, digits, "_" or "-", and has ${text.length} characters`;
}
