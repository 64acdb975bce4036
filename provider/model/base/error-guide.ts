// The guide to errors: the causes and the remedy of each error code, from which `provider/errors.md` is generated.
import type { ErrorCode } from './errors.ts';

/** Kinds of reasons for an error. Each kind is a chapter of `provider/errors.md`. */
export type ErrorChapter = 'rule' | 'state' | 'permission' | 'waiting';

interface ErrorGuide {
  readonly chapter: ErrorChapter;
  /** Reasons for the error, each one or two sentences in Markdown. */
  readonly causes: readonly string[];
  /** What the user can do about the error, in Markdown. */
  readonly remedy: string;
}

export const ERROR_GUIDE: Readonly<Record<ErrorCode, ErrorGuide>> = {
  InvalidParameter: {
    chapter: 'rule',
    causes: [
      'A property is missing, unknown, of a wrong type or outside its limits, or contradicts another property.',
      'A property names an object, such as a server or a listener, that the runtime does not have.',
      'An attachment has more than 500 targets, or an auto scaling group more than 500 members.',
      'The object to `adopt` differs from the arguments.',
      'A setting of the client, such as `weir:endpoint` or `weir:ca`, cannot be used.',
      'A target leads back to the runtime: its address and port, or those of its health check, are a listener of the same runtime or the API.',
      'A target is in a network that the runtime denies: a link-local or metadata address, or one of `--deny-targets`.',
      'The request is not well-formed HTTP or JSON.',
    ],
    remedy:
      'Correct the properties. The message has the path of each faulty property, such as `targets.b1.weight`, and the fault; of more than 100 faults it has the first 100 and counts the others. Nothing was changed.',
  },
  'InvalidBackendServers.ServerIpConflict': {
    chapter: 'rule',
    causes: [
      'Two names of one attachment mean the same target. A server and its bare address are one target, and so are two spellings of one IPv6 address.',
      'Two attachments of one program bind the same target to the same listener, rule or load balancer.',
      'Two names of one auto scaling group are the same server.',
    ],
    remedy: 'Remove one of the two targets, or give it another port. The message has both names.',
  },
  'IncorrectStatus.RSByPassToas': {
    chapter: 'rule',
    causes: [
      'The server of a target that is to be bound (the real server, RS, of the name) is not `Running`, is isolated, has expired, or has a bandwidth of 0. Nothing was changed.',
      'A target that is to replace another one did not pass its first health check within `handoverSeconds`. Nothing was changed: the old target still serves.',
      'Not every target of weight above 0 became healthy within `awaitHealthySeconds`. The change is stored and the targets are bound.',
    ],
    remedy:
      'The message names the target and its fault. If the server is at fault, correct the state of the server, or its `BackendServer`. If a health check failed, start the backend, open its port, or correct `healthCheck`; the message has the last error of the check. Then run `pulumi up` again. `handoverSeconds: 0` replaces targets without a check.',
  },
  NetworkConflict: {
    chapter: 'rule',
    causes: ['The `region` or the `vpcId` of a server that is to be bound differs from that of the load balancer.'],
    remedy:
      'Bind a server of the same region and network, or correct `region` and `vpcId` of the server or the load balancer. A load balancer without a `region` and a `vpcId` accepts servers of every region and network.',
  },
  'Mismatched.ZoneId': {
    chapter: 'rule',
    causes: ['The load balancer and a server that is to be bound both have a `zoneId`, and the two differ.'],
    remedy:
      'Bind a server of the same zone, or correct `zoneId` of the server or the load balancer. A load balancer without a `zoneId` accepts servers of every zone.',
  },
  BackendServerProcessing: {
    chapter: 'rule',
    causes: ['The `status` of a server that is to be bound is `Starting`.'],
    remedy:
      'Wait until the server is `Running`, set this `status` in its `BackendServer`, and run `pulumi up` again. An auto scaling group binds a starting server at once as `ineligible`; the server takes traffic as soon as it is `Running`.',
  },
  'OperationUnsupported.AddBackendServers': {
    chapter: 'rule',
    causes: [
      'The target is a network interface (`"eni"`) or a container instance (`"eci"`), and the `performance` of the load balancer is `"shared"`.',
    ],
    remedy:
      'Set `performance: "guaranteed"` on the load balancer, which changes in place, or bind an instance (`"ecs"`).',
  },
  'OperationFailed.ActionNotSupport': {
    chapter: 'rule',
    causes: [
      'The load balancer is classic, and a target has a `port`, an attachment binds targets to a listener or a rule, or a listener has a forwarding rule. Targets of a classic load balancer are bound to the load balancer itself, and the `backendPort` of each listener is their port.',
      'A load balancer with `deletionProtection` is to be deleted or replaced.',
      'An attachment binds targets to a forwarding rule that has a `redirect` or a `fixedResponse`, and so takes no targets.',
      'A listener that has rules or targets of its own is to move to a classic load balancer, or a load balancer is to become of a type that its attachments do not fit.',
      'A call of the API adds a server to an auto scaling group that declares its `members`, or removes a server from one.',
      'A server that is to join an auto scaling group is not in its `joinable`.',
    ],
    remedy:
      'For a classic load balancer: leave out `port` and bind with `loadBalancerId`, or use `type: "application"`. For a rule that responds itself: remove the attachment, or the `redirect` or `fixedResponse`. For a load balancer with `deletionProtection`: set `deletionProtection: false`, run `pulumi up`, then delete the load balancer. For an auto scaling group: change `members` in the program, or leave `members` out and let servers join and leave through the API; for a server that may not join, add a pattern to `joinable` that matches its id.',
  },
  Unauthenticated: {
    chapter: 'permission',
    causes: [
      'No token was found in `WEIR_TOKEN`, in `weir:token`, or, for a runtime on this machine, below `~/.weir`.',
      'This runtime does not know the token, or the token has expired or was revoked.',
      'The endpoint has not proven that it knows the token, and the client has therefore not sent the token. The endpoint is another runtime or a stranger, or there is a forwarder between, through which a client needs TLS.',
    ],
    remedy:
      "Give a token with `WEIR_TOKEN` or `pulumi config set --secret weir:token`. The token of the administrator is in the file `admin-token` of the runtime's data directory; `weir token create` makes other tokens. Without `--run-program`, `pulumi refresh` and `pulumi destroy` use the configuration of the last `pulumi up`: add this option after a change of the configuration.",
  },
  Forbidden: {
    chapter: 'permission',
    causes: [
      'None of the statements of the token permits the action on the object, or on a server that is to be bound.',
      'The token names the owners for which it writes, and the write has no owner or another one, or changes or deletes an object of another owner.',
      'The call manages tokens, which only the administrator may do.',
      'A web page of another origin makes the call, as its `Origin` header says.',
    ],
    remedy:
      'The message names the missing action and resource, or the owner. Ask the administrator for a token that permits this action; `weir token create` makes one.',
  },
  NotFound: {
    chapter: 'state',
    causes: ['This runtime has no object, member, token or worker with the id in the path, in `get` or in `adopt`.'],
    remedy:
      'Check the id, and check that the endpoint is the right runtime. `weir status` shows the listeners, and `weir token list` the tokens. To make a new object, leave `adopt` out.',
  },
  UnknownRoute: {
    chapter: 'state',
    causes: ['The API has no such path, or the runtime is older than the package that calls it.'],
    remedy: 'Check the path against `/openapi.json`, or upgrade the runtime to the version of the package.',
  },
  MethodNotAllowed: {
    chapter: 'state',
    causes: ['The API has the path, but not with this HTTP method.'],
    remedy: 'Use one of the methods that the message and the `Allow` header name.',
  },
  InUse: {
    chapter: 'state',
    causes: [
      'Another object refers to the object that is to be deleted. A listener refers to its load balancer, a rule or an attachment to its listener, and an attachment to its servers or its auto scaling group.',
      'A listener was renamed without an alias while another stack has objects below it. Its attachments stay, so that no request is lost.',
    ],
    remedy:
      'First delete the objects that the message lists with their owners, or take the server out of them. After a rename, run `pulumi up` with the old names, and then rename with aliases. A delete by a stack takes along what the same stack has below the object, and nothing that belongs to another stack, is retained (`retainOnDelete`) or is still in the program.',
  },
  RuntimeMismatch: {
    chapter: 'state',
    causes: [
      'The state of the stack, or the header `X-Weir-Runtime` of a request, names a runtime other than the one at the endpoint. The endpoint was changed, or the runtime was started with another data directory.',
    ],
    remedy:
      'Start the right runtime (`--data` is its data directory), or correct `weir:endpoint` or `WEIR_ENDPOINT`. If the runtime of the state is gone for good, `WEIR_ACCEPT_RUNTIME=ID pulumi up`, with the id from the message, moves the stack to the runtime at the endpoint, and `WEIR_ACCEPT_RUNTIME=ID pulumi destroy` destroys it.',
  },
  PortInUse: {
    chapter: 'state',
    causes: [
      'Another process on the machine listens on the address and port.',
      'A listener of another stack, or a listener without an owner, has the address and port.',
      'Two listeners of one program have the same address and port.',
      'A bound target has them: the runtime would become its own target.',
    ],
    remedy:
      'Stop the other process, or give the listener another port or its load balancer another `address`. If a listener has the address and port, the message names it. Nothing was changed.',
  },
  OwnedByOther: {
    chapter: 'permission',
    causes: [
      'An object of this id exists and belongs to another resource or stack, or was made through the API.',
      'A listener, a rule or an attachment is created below an object of another stack, moved there or adopted there, and the object is not shared with the stack that does it.',
      'Another stack has bound the same target to the same listener, rule or load balancer.',
      'Another stack has a rule for the same requests on the same listener.',
      'Two resources of one program adopt the same object.',
    ],
    remedy:
      'The message names the owner. If the object above is not shared, ask its owner to add your stack to its `sharedWith`, as the message says. Otherwise first unbind the target or delete the object there, or give another host, path or id. To take over the object, use `adopt`, and `adoptFrom` as well if it belongs to another stack.',
  },
  LimitExceeded: {
    chapter: 'state',
    causes: [
      'The token has created 10,000 objects that exist.',
      'The write would give the token more than 50,000 bindings of targets to listeners. A target of a load balancer counts once for each of its listeners.',
      'The token has 16 streams of events open.',
    ],
    remedy:
      'Delete objects, bind fewer targets to load balancers with many listeners, or close streams, or use another token. The administrator has no such limits. Nothing was changed.',
  },
  Superseded: {
    chapter: 'waiting',
    causes: [
      'While a write waited for the first health checks of a hand-over, another write to the same attachment arrived.',
    ],
    remedy:
      'Nothing, because the newer write counts. If both writes came from pipelines, let only one pipeline run at a time.',
  },
  PreconditionFailed: {
    chapter: 'state',
    causes: [
      'The `If-Match` of the write is not the present `ETag` of the object, or the object does not exist.',
      'A create with `If-None-Match: *` found the object. In `pulumi up`: `weir:reuseObjects` is false, and the object of the new resource is there already.',
      'In an update, others changed the object each time between its read and the write.',
    ],
    remedy:
      'Read the object again and repeat the change on its present state. After an adoption or an update that failed, run `pulumi up` again. If the object of a new resource is there, another state may have the same names of project and stack: see [the same names in another state](../sdk/README.md#the-same-names-in-another-state).',
  },
  UnsupportedEncoding: {
    chapter: 'rule',
    causes: ['The request has a `Content-Encoding`, such as `gzip`.'],
    remedy: 'Send the body as it is, without that header.',
  },
  Misdirected: {
    chapter: 'rule',
    causes: [
      'The `Host` header of the request is neither an IP address nor `localhost`, and no name of the API: one of its certificate, the host of `--api`, or an `--api-name`.',
    ],
    remedy:
      'Use the address or a name of the runtime in `weir:endpoint` or `WEIR_ENDPOINT`, or start the runtime with `--api-name` for each name under which it is called. The check keeps web pages from calling the API under a name of their own.',
  },
  Internal: {
    chapter: 'waiting',
    causes: [
      'The runtime could not carry out the request, for example because its disk is full or another program holds its database.',
      'The response does not come from Weir: for example, a proxy between the client and the runtime made it.',
    ],
    remedy:
      "Look for the request id in the runtime's log, and run the same command again. If Weir is at fault, report the error with the lines of the log.",
  },
  SystemBusy: {
    chapter: 'waiting',
    causes: [
      'The runtime is stopping.',
      'The disk of the runtime is full or cannot be written; the message says why.',
      'Another program has the database of the runtime locked, or another backup is being made.',
      'Every address of `--vip-pool` is taken by a load balancer without an `address`.',
      'Too many clients follow the events.',
    ],
    remedy:
      'Run the same command again when the runtime is up; the provider itself repeats a call twice. If the disk is full, free space; writes work again without a restart. If the addresses of the pool are taken, give the load balancer an `address`, or start the runtime with a larger `--vip-pool`.',
  },
  Timeout: {
    chapter: 'waiting',
    causes: [
      'A worker did not acknowledge the new version within `--ack-timeout`, 10 s unless set: the machine is overloaded.',
      'An operation took longer than its resource allows by the option `customTimeouts`. Targets that are not healthy yet are the usual reason.',
    ],
    remedy:
      'Run the same command again: it waits until every worker has the present version. `weir status` shows the version of each worker.',
  },
  Unreachable: {
    chapter: 'waiting',
    causes: [
      'No runtime is running at the endpoint, or a firewall or a wrong host name, port or scheme is in the way.',
      'A server other than Weir responds at the endpoint.',
      'The certificate of the endpoint is not trusted.',
    ],
    remedy:
      'Start the runtime with `npx pulumi-weir serve`, or correct `weir:endpoint` or `WEIR_ENDPOINT`. For a certificate of your own authority, set `weir:ca` or `WEIR_CA`, which the commands take as `--ca` too. The message names the reason. If the runtime is gone for good, start an empty one: the next error is `RuntimeMismatch`, which says how to move or to destroy the stack.',
  },
};
