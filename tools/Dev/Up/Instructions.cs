namespace IdLcm.Dev.Up;

/// <summary>What a person needs next.</summary>
internal static class Instructions
{
    /// <summary>Writes it down.</summary>
    /// <param name="environs">What there is.</param>
    /// <param name="signInLink">The link that signs in to the dashboard, once.</param>
    /// <param name="dataDirectory">Where it lives.</param>
    /// <param name="found">True when it ran already.</param>
    /// <returns>The text.</returns>
    public static string For(Environs environs, string signInLink, string dataDirectory, bool found) =>
        $$"""

        {{(found ? "It runs already." : "Ready.")}}

          SCIM base URL       {{environs.ScimBaseUrl}}
          Gateway token       {{environs.GatewayToken}}
          Management API      {{environs.ApiBaseUrl}}
          API key             {{environs.ApiKey}}
          Dashboard           {{environs.DashboardUrl}}
          Sign in (once)      {{signInLink}}
          Sample app          {{environs.SampleAppUrl}}   ({{SampleIntegration.AdminUser}} / {{SampleIntegration.AdminPassword}})
          Fault switches      {{environs.SampleAppUrl}}/testing
          Integration         {{environs.IntegrationId}}

        Provision a person, then look at {{environs.SampleAppUrl}}/members:

          curl -i -X POST {{environs.ScimBaseUrl}}/Users \
            -H 'Authorization: Bearer {{environs.GatewayToken}}' -H 'Content-Type: application/scim+json' \
            -d '{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@example.com","active":true,"name":{"givenName":"Ada","familyName":"Lovelace"},"emails":[{"type":"work","value":"ada@example.com","primary":true}],"roles":[{"value":"Editor"}]}'

        {{(found ? $"Stop it with ./dev down{Data(dataDirectory)}" : "Operations show below. Ctrl-C stops everything; what there is stays for the next './dev up'.")}}

        """;

    private static string Data(string dataDirectory) =>
        dataDirectory == new UpOptions().DataDirectory ? "" : $" --data '{dataDirectory}'";
}
