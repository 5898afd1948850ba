using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Azure.Core;
using Azure.Core.Pipeline;

namespace IdLcm.Functions.Tests.Azurite;

/// <summary>A certificate for the services' real names, and connections to those names that end on this machine.</summary>
internal sealed class LocalTls : IDisposable
{
    public LocalTls(params string[] hosts)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=" + hosts[0], key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        Array.ForEach(hosts, names.AddDnsName);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));

        // With an exportable key, which Azurite reads from a file.
        Certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    public X509Certificate2 Certificate { get; }

    /// <summary>Connects to ports of this machine instead of the named hosts, and trusts this certificate alone.</summary>
    public HttpMessageHandler Handler(Func<string, int> portOf) => new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, portOf(context.DnsEndPoint.Host), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
        SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString() == Certificate.GetCertHashString() },
    };

    public HttpClientTransport Transport(Func<string, int> portOf) => new(new HttpClient(Handler(portOf)));

    public void Dispose() => Certificate.Dispose();
}

/// <summary>Gives tokens as Entra ID would, and remembers what was asked for.</summary>
internal sealed class TestCredential(Func<TokenRequestContext, string> issue) : TokenCredential
{
    public List<TokenRequestContext> Asked { get; } = [];

    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        lock (Asked)
        {
            Asked.Add(requestContext);
        }

        return new AccessToken(issue(requestContext), DateTimeOffset.UtcNow.AddHours(1));
    }

    public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        ValueTask.FromResult(GetToken(requestContext, cancellationToken));
}
