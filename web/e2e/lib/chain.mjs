/** What the cluster says of a transaction. @returns its status; null if it does not know it */
export async function transactionStatus(rpc, signature) {
  const body = {
    jsonrpc: '2.0',
    id: 1,
    method: 'getSignatureStatuses',
    params: [[signature], { searchTransactionHistory: true }],
  };
  const response = await fetch(rpc, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()).result.value[0];
}

/** How many hold a track, as the API says. */
export async function holders({ api, registry_id: registry }, trackId) {
  const response = await fetch(`${api}/v1/registries/${registry}/tracks/${trackId}/anonymity`);
  return (await response.json()).holders;
}
