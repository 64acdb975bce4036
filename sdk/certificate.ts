// The certificates of an HTTPS listener, as an argument.
import type * as pulumi from '@pulumi/pulumi';

/**
 * A certificate of an HTTPS listener with its private key. Both change in place, for new connections.
 *
 * ```ts
 * const certificate: weir.CertificateArgs = {
 *   certificate: fs.readFileSync("shop.crt", "utf8"),
 *   privateKey: config.requireSecret("shopKey"),
 * };
 * ```
 */
export interface CertificateArgs {
  /** The certificate of the server, followed by the certificates that lead to its authority, as PEM text. */
  certificate: pulumi.Input<string>;
  /**
   * The private key of the certificate, as PEM text without a passphrase. The state keeps it as a secret, and the
   * runtime encrypts it.
   */
  privateKey: pulumi.Input<string>;
  /**
   * The server names (SNI) for which clients get the certificate, at most 100. `"*.example.com"` matches exactly one
   * label more.
   * @default the names in the certificate
   */
  serverNames?: pulumi.Input<pulumi.Input<string>[]>;
}
