// What a program does that governs with policies, by @azure/arm-policy and @azure/arm-policyinsights. Needs what
// arm_client.mjs says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { PolicyClient } from "@azure/arm-policy";
import { PolicyInsightsClient } from "@azure/arm-policyinsights";
import { ResourceManagementClient } from "@azure/arm-resources";
import { StorageManagementClient } from "@azure/arm-storage";
import { collected, credential, endpoint, fresh, location, options, refused, subscription } from "./arm_client.mjs";

const policies = new PolicyClient(credential, subscription, options);
const insights = new PolicyInsightsClient(credential, subscription, { ...options, $host: endpoint });
const resources = new ResourceManagementClient(credential, subscription, options);
const storage = new StorageManagementClient(credential, subscription, options);
const minimumTlsVersion = "Microsoft.Storage/storageAccounts/minimumTlsVersion";
const account = (version) => ({ location, kind: "StorageV2", sku: { name: "Standard_LRS" }, minimumTlsVersion: version });
const oldTls = {
  policyType: "Custom", mode: "All", displayName: "New TLS only", metadata: { category: "Tests" },
  parameters: { effect: { type: "String", allowedValues: ["Deny", "Audit"], defaultValue: "Deny" } },
  policyRule: { if: { allOf: [{ field: "type", equals: "Microsoft.Storage/storageAccounts" },
                              { field: minimumTlsVersion, notEquals: "TLS1_2" }] },
                then: { effect: "[parameters('effect')]" } } };

async function group() {
  const name = fresh("policy");
  await resources.resourceGroups.createOrUpdate(name, { location });
  return { name, scope: `/subscriptions/${subscription}/resourceGroups/${name}` };
}

test("what an assigned definition denies", async () => {
  const { name, scope } = await group();
  const definition = fresh("tls");
  const made = await policies.policyDefinitions.createOrUpdate(definition, oldTls);
  assert.deepEqual([made.name, made.mode, made.policyType, made.metadata.category], [definition, "All", "Custom", "Tests"]);
  assert.deepEqual((await policies.policyDefinitions.get(definition)).policyRule, oldTls.policyRule);
  assert.ok((await collected(policies.policyDefinitions.list({ filter: "policyType eq 'Custom'" })))
    .some((one) => one.name === definition));
  const other = await policies.policyDefinitions.createOrUpdate(fresh("tls"), oldTls);
  const paged = await collected(policies.policyDefinitions.list({ filter: "policyType eq 'Custom'", top: 1 }));
  assert.ok([made, other].every((one) => paged.some((each) => each.id === one.id)));
  await policies.policyDefinitions.delete(other.name);
  const assigned = await policies.policyAssignments.create(scope, "tls",
    { policyDefinitionId: made.id, displayName: "TLS here", nonComplianceMessages: [{ message: "Use TLS 1.2." }] });
  assert.equal(assigned.scope.toLowerCase(), scope.toLowerCase());
  await assert.rejects(storage.storageAccounts.beginCreateAndWait(name, fresh("old"), account("TLS1_0")), (error) => {
    assert.equal(error.code, "RequestDisallowedByPolicy");
    assert.match(error.message, /TLS here/);
    return true;
  });
  await storage.storageAccounts.beginCreateAndWait(name, fresh("new"), account("TLS1_2"));
  assert.deepEqual((await collected(policies.policyAssignments.listForResourceGroup(name, { filter: "atExactScope()" })))
    .map((one) => one.name), ["tls"]);
  await policies.policyAssignments.update(scope, "tls", { overrides: [], resourceSelectors: [] });
  await policies.policyAssignments.delete(scope, "tls");
  await storage.storageAccounts.beginCreateAndWait(name, fresh("old"), account("TLS1_0"));
  await policies.policyDefinitions.delete(definition);
  await assert.rejects(policies.policyDefinitions.get(definition), refused("PolicyDefinitionNotFound"));
});

test("an initiative, asked before the act", async () => {
  const { name, scope } = await group();
  const definition = await policies.policyDefinitions.createOrUpdate(fresh("tls"), oldTls);
  const initiative = await policies.policySetDefinitions.createOrUpdate(fresh("set"), {
    displayName: "Transport", policyDefinitions: [{ policyDefinitionId: definition.id, policyDefinitionReferenceId: "tls" }] });
  assert.equal((await policies.policySetDefinitions.get(initiative.name)).policyDefinitions.length, 1);
  await policies.policyAssignments.create(scope, "transport", { policyDefinitionId: initiative.id });
  const asked = await insights.policyRestrictions.checkAtResourceGroupScope(name, { resourceDetails: { apiVersion: "2022-09-01",
    resourceContent: { type: "Microsoft.Storage/storageAccounts", location, properties: { minimumTlsVersion: "TLS1_0" } } } });
  const [judged] = asked.contentEvaluationResult.policyEvaluations;
  assert.equal(judged.policyInfo.policyDefinitionReferenceId, "tls");
  assert.equal(judged.evaluationResult, "NonCompliant");
  await policies.policyAssignments.delete(scope, "transport");
  await policies.policySetDefinitions.delete(initiative.name);
  await policies.policyDefinitions.delete(definition.name);
});

test("states of compliance, summed up", async () => {
  const { name, scope } = await group();
  const definition = await policies.policyDefinitions.createOrUpdate(fresh("tls"), oldTls);
  const old = fresh("old");
  await storage.storageAccounts.beginCreateAndWait(name, old, account("TLS1_0"));
  const assigned = await policies.policyAssignments.create(scope, "audit",
    { policyDefinitionId: definition.id, parameters: { effect: { value: "Audit" } } });
  await insights.policyStates.beginTriggerResourceGroupEvaluationAndWait(subscription, name);
  const states = await collected(insights.policyStates.listQueryResultsForResourceGroup("latest", subscription, name,
    { queryOptions: { filter: "complianceState eq 'NonCompliant'" } }));
  assert.deepEqual(states.map((one) => one.resourceId.split("/").at(-1)), [old]);
  assert.equal(states[0].policyAssignmentName, "audit");
  const summed = await insights.policyStates.summarizeForResourceGroup("latest", subscription, name);
  assert.equal(summed.value[0].results.nonCompliantResources, 1);
  assert.equal(summed.value[0].policyAssignments[0].policyAssignmentId.toLowerCase(), assigned.id.toLowerCase());
  await storage.storageAccounts.update(name, old, { minimumTlsVersion: "TLS1_2" });
  const after = await collected(insights.policyStates.listQueryResultsForResource("latest", states[0].resourceId));
  assert.deepEqual(after.map((one) => one.complianceState), ["Compliant"]);
});

// Each storage account has a container `audit`, or gets one.
const boxes = {
  policyType: "Custom", mode: "Indexed",
  policyRule: { if: { field: "type", equals: "Microsoft.Storage/storageAccounts" },
                then: { effect: "deployIfNotExists", details: {
                  type: "Microsoft.Storage/storageAccounts/blobServices/containers", name: "audit",
                  roleDefinitionIds: ["/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"],
                  deployment: { properties: { mode: "incremental", parameters: { account: { value: "[field('name')]" } },
                    template: { $schema: "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
                                contentVersion: "1.0.0.0", parameters: { account: { type: "string" } },
                                resources: [{ type: "Microsoft.Storage/storageAccounts/blobServices/containers",
                                              apiVersion: "2022-09-01",
                                              name: "[concat(parameters('account'), '/default/audit')]" }] } } } } } } };

test("remediations, by whom may not and by whom may", async () => {
  const { name, scope } = await group();
  const definition = await policies.policyDefinitions.createOrUpdate(fresh("boxes"), boxes);
  await assert.rejects(policies.policyAssignments.create(scope, "boxes", { policyDefinitionId: definition.id }),
                       refused("ResourceIdentityRequired"));
  const assigned = await policies.policyAssignments.create(scope, "boxes",
    { policyDefinitionId: definition.id, location, identity: { type: "SystemAssigned" } });
  assert.match(assigned.identity.principalId, /^[0-9a-f-]{36}$/);
  const made = fresh("box");
  await storage.storageAccounts.beginCreateAndWait(name, made, account("TLS1_2"));
  const order = { policyAssignmentId: assigned.id, parallelDeployments: 2, resourceCount: 10,
                  resourceDiscoveryMode: "ReEvaluateCompliance", failureThreshold: { percentage: 0.5 } };
  const ended = async (remediation) => {
    for (;;) {
      const seen = await insights.remediations.getAtResourceGroup(name, remediation);
      if (["Succeeded", "Failed", "Canceled"].includes(seen.provisioningState)) return seen;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const begun = await insights.remediations.createOrUpdateAtResourceGroup(name, "mend", order);
  assert.equal(begun.provisioningState, "Accepted");
  assert.equal(begun.correlationId.length, 36);
  const failed = await ended("mend");
  assert.equal(failed.provisioningState, "Failed");
  assert.match(failed.statusMessage, /AuthorizationFailed/);
  const [reason] = await collected(insights.remediations.listDeploymentsAtResourceGroup(name, "mend"));
  assert.equal(reason.error.code, "AuthorizationFailed");
  const role = await fetch(`${endpoint}${scope}/providers/Microsoft.Authorization/roleAssignments/${crypto.randomUUID()}?api-version=2022-04-01`, {
    method: "PUT", headers: { "content-type": "application/json",
      authorization: `Bearer ${(await credential.getToken("https://management.azure.com/.default")).token}` },
    body: JSON.stringify({ properties: { principalId: assigned.identity.principalId, principalType: "ServicePrincipal",
      roleDefinitionId: boxes.policyRule.then.details.roleDefinitionIds[0] } }) });
  assert.equal(role.status, 201);
  await insights.remediations.createOrUpdateAtResourceGroup(name, "mend", order);
  const mended = await ended("mend");
  assert.equal(mended.provisioningState, "Succeeded", JSON.stringify(mended));
  assert.deepEqual(mended.deploymentStatus, { totalDeployments: 1, successfulDeployments: 1, failedDeployments: 0 });
  assert.deepEqual((await collected(storage.blobContainers.list(name, made))).map((one) => one.name), ["audit"]);
  const [deployment] = await collected(insights.remediations.listDeploymentsAtResourceGroup(name, "mend"));
  assert.equal(deployment.remediatedResourceId.split("/").at(-1), made);
  assert.equal(deployment.status, "Succeeded");
  assert.deepEqual((await collected(insights.remediations.listForResourceGroup(name))).map((one) => one.name), ["mend"]);
  assert.ok((await collected(insights.remediations.listForSubscription())).some((one) => one.id === mended.id));
  await assert.rejects(insights.remediations.cancelAtResourceGroup(name, "mend"), refused("InvalidCancelRemediationRequest"));
  await insights.remediations.deleteAtResourceGroup(name, "mend");
  await assert.rejects(insights.remediations.getAtResourceGroup(name, "mend"), refused("RemediationNotFound"));
  await policies.policyAssignments.delete(scope, "boxes");
  await policies.policyDefinitions.delete(definition.name);
});
