// The form of the administrator's token. Its file in the data directory and the copy in `~/.weir` hold nothing else.

/** 32 bytes in base64url. */
const SECRET_LENGTH = 43;
const FORM = new RegExp(`^weir_[\\w-]{${SECRET_LENGTH}}$`);

/** The form in words, for errors. */
export const ADMIN_TOKEN_FORM = `weir_ and ${SECRET_LENGTH} letters, digits, "_" or "-"`;

export function isAdminToken(text: string): boolean {
  return FORM.test(text);
}
