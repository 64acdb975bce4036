// Causes and remedy of each error code, from which `provider/errors.md` is generated.
import type { ErrorCode } from './errors.ts';

/** Chapters of errors.md: the kinds of reasons for an error. */
export type ErrorGroup = 'rule' | 'state' | 'permission' | 'waiting';

interface ErrorGuide {
  readonly group: ErrorGroup;
  /** Reasons for the error, each one or two sentences in Markdown. */
  readonly causes: readonly string[];
  /** What the user can do about the error, in Markdown. */
  readonly remedy: string;
}

export const ERROR_GUIDE: Readonly<Record<ErrorCode, ErrorGuide>> = {
  InvalidParameter: {
    group: 'rule',
    causes: [
      'A property is missing, unknown, of a wrong type or outside its limits, or does not go together with another one.',
      'A property names an object, such as a server or a listener, that the runtime does not have.',
      'An attachment or a group has more than 500 targets or members.',
      'The object to `adopt` differs from the arguments.',
      'A setting of the client, such as `weir:endpoint` or `weir:ca`, cannot be used.',
      'The request is not well-formed HTTP or JSON.',
    ],
    remedy:
      'Correct the properties: the message names each of them by its path, such as `targets.b1.weight`, with what is wrong. Nothing was changed.',
  },
  'InvalidBackendServers.ServerIpConflict': {
    group: 'rule',
    causes: [
      'Two names of one attachment mean the same target. A server and its bare address are one target, and so are two spellings of one IPv6 address.',
      'Two attachments of one program bind the same target to the same listener, rule or load balancer.',
      'Two names of one auto scaling group are the same server.',
    ],
    remedy: 'Remove one of the two, or give it another port. The message has both names.',
  },
  'IncorrectStatus.RSByPassToas': {
    group: 'rule',
    causes: [
      'The server of a target that is to be bound (the real server, RS, of the name) is not `Running`, is isolated, has expired, or has a bandwidth of 0. Nothing was changed.',
      'A target that is to replace another one did not pass its first health check within `handoverSeconds`. Nothing was changed: the old target still serves.',
      'Not every target of weight above 0 became healthy within `awaitHealthySeconds`. The change is stored and the targets are bound.',
    ],
    remedy:
      'The message names the target and what is wrong with it. For a server: bring it into that state, or correct its `BackendServer`. For a check: start the backend, open its port, or correct `healthCheck`; the message has the last error of the check. Then run `pulumi up` again. `handoverSeconds: 0` replaces targets without a check.',
  },
  NetworkConflict: {
    group: 'rule',
    causes: ['The `region` or the `vpcId` of a server that is to be bound differs from that of the load balancer.'],
    remedy:
      'Bind a server of the same region and network, or correct `region` and `vpcId` of the server or the load balancer. A load balancer without them takes servers of any.',
  },
  'Mismatched.ZoneId': {
    group: 'rule',
    causes: ['The load balancer and a server that is to be bound both have a `zoneId`, and the two differ.'],
    remedy:
      'Bind a server of the same zone, or correct `zoneId` of the server or the load balancer. A load balancer without one takes servers of any zone.',
  },
  BackendServerProcessing: {
    group: 'rule',
    causes: ['The `status` of a server that is to be bound is `Starting`.'],
    remedy:
      'Wait until the server is `Running`, say so in its `BackendServer`, and run `pulumi up` again. An auto scaling group binds such a server at once as `ineligible`, and it takes traffic as soon as it is running.',
  },
  'OperationUnsupported.AddBackendServers': {
    group: 'rule',
    causes: [
      'The target is a network interface (`"eni"`) or a container instance (`"eci"`), and the `performance` of the load balancer is `"shared"`.',
    ],
    remedy:
      'Set `performance: "guaranteed"` on the load balancer, which changes in place, or bind an instance (`"ecs"`).',
  },
  'OperationFailed.ActionNotSupport': {
    group: 'rule',
    causes: [
      'Under a classic load balancer a target has a `port`, targets are bound to a listener or a rule, or a listener has a forwarding rule. Only the load balancer itself has targets there, and the `backendPort` of each listener is their port.',
      'A load balancer with `deletionProtection` is to be deleted or replaced.',
      'A listener that has rules or targets of its own is to move to a classic load balancer, or a load balancer is to become of a type that its attachments do not fit.',
      'A server is to join or leave, through the API, an auto scaling group that declares its `members`.',
    ],
    remedy:
      'For a classic load balancer: leave out `port` and bind with `loadBalancerId`, or use `type: "application"`. For a protected one: set `deletionProtection: false`, run `pulumi up`, then delete it. For a group: change `members` in the program, or leave them out so that servers join and leave through the API.',
  },
  Unauthenticated: {
    group: 'permission',
    causes: [
      'No token was found in `WEIR_TOKEN`, in `weir:token`, or, for a runtime on this machine, below `~/.weir`.',
      'The token is not one of this runtime, has expired, or was revoked.',
      'The endpoint has not proven that it knows the token, and the token was therefore not sent to it: it is another runtime or a stranger, or a forwarder is between, through which only TLS works.',
    ],
    remedy:
      "Give a token with `WEIR_TOKEN` or `pulumi config set --secret weir:token`. The administrator's is in the file `admin-token` of the runtime's data directory; `weir token create` makes others. Plain `pulumi refresh` and `pulumi destroy` use the configuration of the last `pulumi up`: add `--run-program` after a change.",
  },
  Forbidden: {
    group: 'permission',
    causes: [
      'None of the statements of the token permits the action on the object, or on a server that is to be bound.',
      'The call manages tokens, which only the administrator may do.',
    ],
    remedy:
      'The message names the missing action and resource. Ask the administrator for a token that has them, made with `weir token create`.',
  },
  NotFound: {
    group: 'state',
    causes: [
      'The id in the path, in `get` or in `adopt` is not that of an object, member, token or worker of this runtime.',
    ],
    remedy:
      'Check the id, and that the endpoint is the right runtime. `weir status` shows listeners, and `weir token list` tokens. To make a new object, leave `adopt` out.',
  },
  UnknownRoute: {
    group: 'state',
    causes: ['The path is none of the API, or the runtime is older than the package that calls it.'],
    remedy: 'Check the path against `/openapi.json`, or upgrade the runtime to the version of the package.',
  },
  MethodNotAllowed: {
    group: 'state',
    causes: ['The path is there, but not with this HTTP method.'],
    remedy: 'Use one of the methods that the message and the `Allow` header name.',
  },
  InUse: {
    group: 'state',
    causes: [
      'Another object names the one that is to be deleted: a listener its load balancer, a rule or an attachment its listener, an attachment its servers or its group.',
    ],
    remedy:
      'Delete the objects that the message lists, with their owners, first. Nothing is deleted along with another object.',
  },
  RuntimeMismatch: {
    group: 'state',
    causes: [
      'The state of the stack, or the header `X-Weir-Runtime` of a request, names another runtime than the one that responds. The endpoint was changed, or the runtime runs on another data directory.',
    ],
    remedy:
      'Start the right runtime (`--data` is its data directory), or correct `weir:endpoint` or `WEIR_ENDPOINT`. To move the stack to this runtime: `pulumi config set weir:acceptRuntime ID`, with the id that the message has, or `WEIR_ACCEPT_RUNTIME=ID`.',
  },
  PortInUse: {
    group: 'state',
    causes: [
      'Another process of the machine listens on the address and port.',
      'A listener of another stack, or one without an owner, has them.',
      'Two listeners of one program have the same address and port.',
    ],
    remedy:
      'Stop the other process, or give the listener another port or its load balancer another `address`. The message says who has them if it is a listener. Nothing was changed.',
  },
  OwnedByOther: {
    group: 'permission',
    causes: [
      'An object of this id exists and belongs to another resource or stack, or was made through the API.',
      'Another stack has bound the same target to the same listener, rule or load balancer.',
      'Another stack has a rule for the same requests on the same listener.',
      'Two resources of one program adopt the same object.',
    ],
    remedy:
      'The message names the owner. Unbind or delete it there first, give another host, path or id, or take the object over with `adopt`, and `adoptFrom` if it belongs to another stack.',
  },
  Superseded: {
    group: 'waiting',
    causes: [
      'While a write waited for the first health checks of a hand-over, another write to the same attachment arrived.',
    ],
    remedy: 'Nothing: the newer write counts. If both came from pipelines, let only one of them run at a time.',
  },
  PreconditionFailed: {
    group: 'state',
    causes: ['The `If-Match` of the write is not the present `ETag` of the object, or there is no such object.'],
    remedy:
      'Read the object again and repeat the change on what it is now; after an adoption that failed, run `pulumi up` again.',
  },
  Internal: {
    group: 'waiting',
    causes: [
      'The runtime could not carry out the request, for example because its disk is full or another program holds its database.',
      'The response is not one of Weir, for example because a proxy on the way made it.',
    ],
    remedy:
      "Look for the request id in the runtime's log, and run the same command again. If it is a fault of Weir, report it with those lines.",
  },
  SystemBusy: {
    group: 'waiting',
    causes: [
      'The runtime is stopping.',
      'Every address of `--vip-pool` is taken by a load balancer without an `address`.',
      'Too many readers have the events open.',
    ],
    remedy:
      'Run the same command again when the runtime is up; the provider itself repeats a call twice. For the pool: give the load balancer an `address`, or start the runtime with a larger `--vip-pool`.',
  },
  Timeout: {
    group: 'waiting',
    causes: [
      'A worker did not acknowledge the new version within `--ack-timeout`, 10 s unless set: the machine is overloaded.',
    ],
    remedy:
      'Run the same command again: it waits until every worker has the present version. `weir status` shows the version of each worker.',
  },
  Unreachable: {
    group: 'waiting',
    causes: [
      'No runtime is running at the endpoint, or a firewall or a wrong host name, port or scheme is in the way.',
      'Something else responds there.',
      'The certificate of the endpoint is not trusted.',
    ],
    remedy:
      'Start the runtime with `npx pulumi-weir serve`, or correct `weir:endpoint` or `WEIR_ENDPOINT`. For a certificate of your own authority, set `weir:ca`. The message has the reason.',
  },
};
