using IdLcm.Domain;
using IdLcm.Domain.Operations;
using IdLcm.Domain.Scim;
using IdLcm.Domain.Storage;
using IdLcm.Domain.Users;
using IdLcm.LocalHost.Tests.Lifecycle;

namespace IdLcm.LocalHost.Tests.Scim;

/// <summary>Puts many onboarded users into the store at once, as thousands of requests would have.</summary>
internal static class Seed
{
    public static async Task<IReadOnlyList<string>> UsersAsync(RunningGateway gateway, int count)
    {
        var now = DateTimeOffset.UtcNow;
        var ids = new List<string>(count);
        foreach (var batch in Enumerable.Range(0, count).Chunk(30))
        {
            var changes = new List<RecordChange>();
            foreach (var i in batch)
            {
                var name = NameOf(i);
                var resource = new ScimResource(ScimSchemas.UserType, ScimJson.ParseObject($$"""
                    {"userName":"{{name}}","externalId":"ext-{{i}}","displayName":"Person {{i}}","active":true,"title":"Engineer","name":{"givenName":"Given{{i}}","familyName":"Family"},
                     "emails":[{"value":"{{name}}","type":"work","primary":true}],"{{Wire.Enterprise}}":{"department":"R&D","employeeNumber":"{{i}}"} }
                    """));
                var user = new UserRecord
                {
                    Id = Ids.NewUserId(now),
                    Generation = 1,
                    Resource = resource.ToStored(),
                    Owned = true,
                    CreatedAt = now,
                    ModifiedAt = now,
                    AccountKey = Ids.KeyOf(name),
                    Active = true,
                };
                ids.Add(user.Id);
                changes.Add(UserRecords.Write(user, null));
                changes.Add(RecordChange.Insert(Rows.UserName(name), System.Text.Encoding.ASCII.GetBytes(user.Id)));
                changes.Add(TypedRecords.Insert(Rows.Account(user.AccountKey), new AppAccount { Key = user.AccountKey, Identifier = name, UserId = user.Id, State = ProvisioningState.Onboarded }));
            }

            Assert.True((await gateway.Store.CommitAsync(gateway.Partition, changes, TestContext.Current.CancellationToken)).Committed);
        }

        ids.Sort(StringComparer.Ordinal);
        return ids;
    }

    public static string NameOf(int index) => $"seed{index}@acme.test";
}
