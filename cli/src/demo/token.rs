//! A token of one for a wallet, on the demo's chain.

use solana_address::Address;
use solana_system_interface::instruction::create_account_with_seed;
use spl_token_2022_interface::{
    extension::ExtensionType,
    instruction::{initialize_account3, initialize_mint2, mint_to},
    state::{Account, Mint},
};
use veilpass_chain::SigningKey;

use crate::operator::ChainRpc;

/// Makes a mint without decimals and gives its only token to the wallet. Returns the mint.
pub(super) async fn mint_token(rpc: &ChainRpc, payer: &SigningKey, wallet: &Address) -> anyhow::Result<Address> {
    let program = spl_token_interface::ID;
    let operator = payer.address();
    let new_account = async |space: usize| -> anyhow::Result<_> {
        let seed = hex::encode(rand::random::<[u8; 16]>());
        let address = Address::create_with_seed(&operator, &seed, &program)?;
        let rent = rpc.client().get_minimum_balance_for_rent_exemption(space).await?;
        let create = create_account_with_seed(&operator, &address, &operator, &seed, rent, space as u64, &program);
        Ok((address, create))
    };
    let (mint, create_mint) = new_account(ExtensionType::try_calculate_account_len::<Mint>(&[])?).await?;
    let (account, create_account) = new_account(ExtensionType::try_calculate_account_len::<Account>(&[])?).await?;
    let instructions = [
        create_mint,
        initialize_mint2(&program, &mint, &operator, None, 0)?,
        create_account,
        initialize_account3(&program, &account, &mint, wallet)?,
        mint_to(&program, &mint, &account, &operator, &[], 1)?,
    ];
    rpc.send(payer, &instructions).await?;
    Ok(mint)
}
