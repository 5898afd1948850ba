# The Azure edition of IdLCM, in one image: gateway, orchestrations and browser.
#
# NOT BUILT WHERE IT WAS WRITTEN: there was no Docker.
# What was checked there: its paths and its role setting against the repository (tests/Functions.Tests/Infra), the
# sources of src/Functions, which the tests compile and run, and that they build against the real packages, except for
# the one of the Durable Task Scheduler. Size and cold start are therefore not stated here:
# .github/workflows/ci.yml states both when it builds the image; write them into docs/azure.md.
#
#   docker build -t idlcm .
#   docker run -e IdLcm__Role=all ...       all | gateway | automation; see docs/azure.md
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /src
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig host.json ./
COPY src ./src
COPY apps ./apps
RUN dotnet publish src/Functions/Functions.csproj --configuration Release --output /out

FROM mcr.microsoft.com/azure-functions/dotnet-isolated:4-dotnet-isolated10.0 AS final

# Debian's Chromium with its sandbox helper, a font for Latin, Greek and Cyrillic, and one for what screenshots of
# Chinese, Japanese and Korean pages need. No shell access is added; apt's lists do not stay.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends chromium-headless-shell chromium-sandbox fonts-liberation fonts-noto-cjk libsqlite3-0 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 idlcm \
    && useradd --uid 10001 --gid idlcm --home-dir /home/idlcm --create-home --shell /usr/sbin/nologin idlcm

COPY --from=build --chown=root:root /out /home/site/wwwroot

# Functions' own files (host keys that nothing here uses, logs, locks) go where the user may write.
ENV AzureWebJobsScriptRoot=/home/site/wwwroot \
    AzureFunctionsJobHost__Logging__Console__IsEnabled=true \
    AzureWebJobsSecretStorageType=Files \
    AzureWebJobsDisableHomepage=true \
    ASPNETCORE_URLS=http://+:8080 \
    WEBSITE_HOSTNAME=localhost:8080 \
    HOME=/home/idlcm \
    IDLCM_CHROMIUM=/usr/lib/chromium/chromium-headless-shell \
    IdLcm__Role=all

RUN mkdir -p /azure-functions-host/Secrets /home/data /home/LogFiles \
    && chown -R idlcm:idlcm /azure-functions-host/Secrets /home/data /home/LogFiles /home/idlcm

USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["/bin/bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '200' <&3"]
