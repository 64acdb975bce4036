// The types of resources: each is a class of the SDK and the end of a type token, `pulumi-nodejs:dynamic/weir:TYPE`.
export type ResourceType =
  | 'LoadBalancer'
  | 'Listener'
  | 'ForwardingRule'
  | 'TargetAttachment'
  | 'BackendServer'
  | 'AutoScalingGroup'
  | 'AutoScalingAttachment';
