// A certificate of an HTTPS listener: the argument of a listener.
import type * as pulumi from '@pulumi/pulumi';

/**
 * A certificate and its key, as PEM text. Both change in place: new connections get the new one.
 *
 * ```ts
 * const certificate: weir.CertificateArgs = {
 *   certificate: fs.readFileSync("shop.crt", "utf8"),
 *   privateKey: config.requireSecret("shopKey"),
 * };
 * ```
 */
export interface CertificateArgs {
  /** The server's certificate, and behind it those that lead to its authority. */
  certificate: pulumi.Input<string>;
  /** Its private key, not encrypted. It is kept as a secret, and encrypted by the runtime. */
  privateKey: pulumi.Input<string>;
  /**
   * The server names that it answers to, each exact or, as `"*.example.com"`, for one label; at most 100.
   * @default the names in the certificate
   */
  serverNames?: pulumi.Input<pulumi.Input<string>[]>;
}
