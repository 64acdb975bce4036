// The SDK: everything that a program gets by `import * as weir from "pulumi-weir"`.
// Types have export lines of their own, because TypeScript 3.8, which Pulumi brings, cannot read `export { type ... }`.
export type { AdoptionArgs } from './adoption.ts';
export type { AutoScalingAttachmentArgs } from './auto-scaling-attachment.ts';
export { AutoScalingAttachment } from './auto-scaling-attachment.ts';
export type { AutoScalingGroupArgs } from './auto-scaling-group.ts';
export { AutoScalingGroup } from './auto-scaling-group.ts';
export type { BackendServerArgs } from './backend-server.ts';
export { BackendServer } from './backend-server.ts';
export type { CanaryArgs } from './canary.ts';
export { Canary } from './canary.ts';
export type { CertificateArgs } from './certificate.ts';
export type { ForwardingRuleArgs } from './forwarding-rule.ts';
export { ForwardingRule } from './forwarding-rule.ts';
export type { HealthCheckArgs } from './health-check.ts';
export type { ListenerArgs } from './listener.ts';
export { Listener } from './listener.ts';
export type { LoadBalancerArgs } from './load-balancer.ts';
export { LoadBalancer } from './load-balancer.ts';
export type { ConnectionRateArgs, RequestRateArgs } from './rates.ts';
export type { FixedResponseArgs, HeaderEditsArgs, RedirectArgs, RewriteArgs } from './rule-actions.ts';
export type { ServiceArgs, ServiceListenerArgs, ServiceStickySessionArgs, ServiceTargetsArgs } from './service.ts';
export { Service } from './service.ts';
export type { StickySessionArgs } from './sticky-session.ts';
export type { TagsArgs } from './tags.ts';
export type { BoundTarget, TargetArgs, TargetAttachmentArgs } from './target-attachment.ts';
export { TargetAttachment } from './target-attachment.ts';
export type { SharedTargetArgs } from './targets.ts';
export { targets } from './targets.ts';
