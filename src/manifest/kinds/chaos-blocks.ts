import type { ObjectShape } from "../shape/shape.ts";
import { BLOCK_CHAOS } from "./block-chaos.ts";
import { AWS_CHAOS, AZURE_CHAOS, GCP_CHAOS } from "./cloud-chaos.ts";
import { DNS_CHAOS } from "./dns-chaos.ts";
import { HTTP_CHAOS } from "./http-chaos.ts";
import { IO_CHAOS } from "./io-chaos.ts";
import { JVM_CHAOS } from "./jvm-chaos.ts";
import { KERNEL_CHAOS } from "./kernel-chaos.ts";
import { NETWORK_CHAOS } from "./network-chaos.ts";
import { PHYSICAL_MACHINE_CHAOS } from "./physical-machine-chaos.ts";
import { POD_CHAOS } from "./pod-chaos.ts";
import { STRESS_CHAOS } from "./stress-chaos.ts";
import { TIME_CHAOS } from "./time-chaos.ts";

/** Where another object carries an experiment: the name of the field, and what stands in it. */
export type Block = { readonly block: string; readonly shape: ObjectShape };

/** Every kind of fault, with its block in a Schedule or a Workflow. Chaos Mesh spells the physical machine's block so. */
export const CHAOS_BLOCKS = {
  NetworkChaos: { block: "networkChaos", shape: NETWORK_CHAOS },
  PodChaos: { block: "podChaos", shape: POD_CHAOS },
  IOChaos: { block: "ioChaos", shape: IO_CHAOS },
  TimeChaos: { block: "timeChaos", shape: TIME_CHAOS },
  StressChaos: { block: "stressChaos", shape: STRESS_CHAOS },
  HTTPChaos: { block: "httpChaos", shape: HTTP_CHAOS },
  DNSChaos: { block: "dnsChaos", shape: DNS_CHAOS },
  KernelChaos: { block: "kernelChaos", shape: KERNEL_CHAOS },
  JVMChaos: { block: "jvmChaos", shape: JVM_CHAOS },
  BlockChaos: { block: "blockChaos", shape: BLOCK_CHAOS },
  AWSChaos: { block: "awsChaos", shape: AWS_CHAOS },
  AzureChaos: { block: "azureChaos", shape: AZURE_CHAOS },
  GCPChaos: { block: "gcpChaos", shape: GCP_CHAOS },
  PhysicalMachineChaos: { block: "physicalmachineChaos", shape: PHYSICAL_MACHINE_CHAOS },
} as const satisfies Readonly<Record<string, Block>>;

/** The block of a kind of fault, or undefined for anything else. */
export function chaosBlockOf(kind: string): Block | undefined {
  const blocks: Readonly<Record<string, Block>> = CHAOS_BLOCKS;
  return Object.hasOwn(blocks, kind) ? blocks[kind] : undefined;
}

/** The fields of an object that can carry any kind of fault. */
export function blockFields(blocks: Readonly<Record<string, Block>>): Readonly<Record<string, ObjectShape>> {
  return Object.fromEntries(Object.values(blocks).map(({ block, shape }) => [block, shape]));
}
