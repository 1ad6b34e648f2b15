// A phone's camera app, over any connection; a live picture, where browsers let a page have one.
let stream = null, shots = 0;

function offerCamera() {
  const phone = matchMedia("(pointer: coarse)").matches;
  const live = isSecureContext && Boolean(navigator.mediaDevices?.getUserMedia);
  at("snap").hidden = !phone;
  at("open-camera").hidden = !live;
  at("no-camera").hidden = isSecureContext;
  at("no-camera").textContent = "Over plain http a browser gives no page a live camera picture: that " +
    "needs https, or a browser on the machine that serves it." +
    (phone ? " “Take a photo” opens the camera app all the same." : "");
}

async function openCamera() {
  at("camera-said").textContent = "";
  try {
    stream = await navigator.mediaDevices.getUserMedia({video: {facingMode: "environment"}});
  } catch (error) {
    at("camera-said").textContent = `The browser gives no camera picture: ${error.message}.`;
    return;
  }
  at("video").srcObject = stream;
  at("camera").hidden = false;
  at("open-camera").hidden = true;
  at("shoot").focus();
}

function closeCamera() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  at("video").srcObject = null;
  at("camera").hidden = true;
  at("open-camera").hidden = false;
  at("open-camera").focus();
}

function shoot() {
  const video = at("video");
  if (!video.videoWidth) {
    at("camera-said").textContent = "The camera has shown nothing yet.";
    return;
  }
  const canvas = made("canvas", {width: video.videoWidth, height: video.videoHeight});
  canvas.getContext("2d").drawImage(video, 0, 0);
  canvas.toBlob((content) => {
    shots += 1;
    give([new File([content], `camera-${shots}.jpg`, {type: "image/jpeg"})]);
  }, "image/jpeg", 0.92);
}

at("open-camera").addEventListener("click", openCamera);
at("close-camera").addEventListener("click", closeCamera);
at("shoot").addEventListener("click", shoot);
