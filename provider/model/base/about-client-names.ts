// The names under which proxies and servers in front of a target tell it about the client and the original request.

/**
 * Names in lower case, by what they tell; a `*` at the beginning or the end of a name stands for any text. A target may
 * believe each of them, because a well-known server or framework does, or because a well-known proxy sets it. Names that
 * applications give their own meaning, such as X-User-Id and X-Api-Key, are not among them. The README of the runtime
 * has the same list.
 */
export const ABOUT_CLIENT_NAMES = {
  address: [
    ...['x-forwarded*', 'x-forwarder-*', 'x-forward-*', 'x-forward', 'forwarded-*', '*-forwarded-for', 'x-real-*'],
    ...['real-ip', '*-real-ip', '*client-ip', '*clientip', '*-connecting-ip', '*-remote-ip', '*-remote-addr'],
    ...['x-client-addr*', 'x-client-port', 'x-originating-*', 'x-source-ip', 'x-true-ip', 'x-custom-ip-authorization'],
    ...['x-coming-from', 'coming-from', 'cdn-src-ip', 'x-cdn-src-ip', 'x-sucuri-country', 'x-azure-socketip'],
    ...['cf-connecting-*', 'cf-ip*', 'cf-pseudo-ipv4', 'cloudfront-*', 'fastly-client*', 'fly-forwarded-*'],
    ...['akamai-origin-hop', 'x-akamai-edgescape', 'x-appengine-*', 'x-envoy-*'],
    ...['x-vercel-forwarded-*', 'x-vercel-ip-*', 'x-vercel-proxied-*', 'proxy-*', 'x-proxy*', 'wl-proxy-*'],
    ...['x-webobjects-*'],
    // The fields `$WS...`, by which its plugins tell WebSphere everything about the client.
    ...['-wsa*', '-wsc*', '-wsf*', '-wsi*', '-wsp*', '-wsr*', '-wss*'],
  ],
  request: [
    ...['*-forwarded-proto', '*-forwarded-host', 'x-scheme', 'x-url-scheme', 'url-scheme', 'x-proto', 'x-https'],
    ...[
      'https',
      'front-end-https',
      'x-front-end-https',
      'frontend-https',
      'cf-visitor',
      'fastly-ssl',
      'x-appservice-proto',
      'x-host',
      'x-host-override',
    ],
    ...['x-http-host-override', 'x-backend-host', 'disguised-host', 'x-original*', 'x-rewrite-*', 'x-override-url'],
    ...['x-http-destinationurl', 'x-request-uri', 'request-uri', 'script-name', 'x-script-name', 'path-info'],
    ...['x-path-info', 'path-translated', 'x-ingress-path', 'x-accel-*', 'x-sendfile-type', 'x-replaced-path'],
    ...['x-waws-unencoded-url', 'x-request-base', 'x-proxied-https', 'clientprotocol', 'x-rstudio-request'],
    ...['x-rstudio-root-path'],
  ],
  certificate: [
    ...['client-cert*', 'x-client-cert*', '*-client-cert', 'ssl-*', 'x-ssl*', 'x-tls-*', 'x-mtls-*', 'x-arr-ssl'],
    ...['x-arr-clientcert', 'x-amzn-mtls-*', 'x-amzn-tls-*', 'x-client-dn', 'x-client-cn', 'x-client-s-dn'],
    ...['x-client-verify', 'x-client-subject*', 'x-client-issuer*', 'cf-cert-*', 'cf-client-cert-*', 'cert-chain*'],
    ...['ms-aspnetcore-clientcert'],
  ],
  user: [
    ...['remote-*', 'x-remote-*', 'x-auth-request-*', 'x-webauth-*', 'x-authuser', 'x-authenticated-*'],
    ...['x-authentik-*', 'x-amzn-oidc-*', 'x-goog-authenticated-user-*', 'x-ms-client-principal*'],
    ...['cf-access-authenticated-*', 'tailscale-*', 'x-pomerium-claim-*', 'x-vouch-*', 'oidc-claim-*', 'x-userinfo'],
    ...['x-endpoint-api-userinfo', 'x-apigateway-api-userinfo', 'x-consumer-id', 'x-consumer-custom-id'],
    ...['x-consumer-username', 'x-consumer-groups', 'x-anonymous-consumer', 'x-credential-identifier'],
    ...['x-credential-username', 'x-rh-identity', 'kubeflow-userid', 'iv-user*', 'iv-groups', 'iv-creds'],
    ...['iv-remote-*', 'sm-user*', 'sm-universalid', 'sm-authtype', 'oam-*', 'osso-*', 'shib-*', '*-remote-user'],
    ...['x-auth-audience', 'x-auth-email', 'x-auth-groups', 'x-auth-roles', 'x-auth-subject', 'x-auth-userid'],
    ...['x-auth-username', 'x-token-user-*', 'x-token-subject', 'x-rstudio-username', 'rstudio-connect-credentials'],
    ...['shiny-server-credentials', 'ngrok-auth-user-*', 'x-replit-user-*', 'x-sandstorm-*', 'sf-context-*'],
    ...['ynh-user*', 'ms-aspnetcore-winauthtoken'],
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;
